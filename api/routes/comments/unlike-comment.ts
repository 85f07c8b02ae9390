/** DELETE /v1/comments/{comment_id}/like */
import { z } from 'zod';
import { commentLikeReplySchema, setCommentLiked } from '../../comments/like.ts';
import { route } from '../../route.ts';

export const unlikeComment = route({
  method: 'delete',
  path: '/v1/comments/{comment_id}/like',
  area: 'comments',
  summary: 'Take a like of a comment back',
  auth: 'user',
  params: z.object({ comment_id: z.string() }),
  status: 200,
  reply: commentLikeReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return setCommentLiked(tools, viewer, params.comment_id, false, write);
  },
});
