/** POST /v1/comments/{comment_id}/like */
import { z } from 'zod';
import { commentLikeReplySchema, setCommentLiked } from '../../comments/like.ts';
import { route } from '../../route.ts';

export const likeComment = route({
  method: 'post',
  path: '/v1/comments/{comment_id}/like',
  area: 'comments',
  summary: 'Like a comment',
  auth: 'user',
  params: z.object({ comment_id: z.string() }),
  status: 200,
  reply: commentLikeReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return setCommentLiked(tools, viewer, params.comment_id, true, write);
  },
});
