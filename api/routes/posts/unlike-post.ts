/** DELETE /v1/posts/{post_id}/like */
import { z } from 'zod';
import { likeReplySchema, setLiked } from '../../posts/like.ts';
import { route } from '../../route.ts';

export const unlikePost = route({
  method: 'delete',
  path: '/v1/posts/{post_id}/like',
  area: 'posts',
  summary: 'Take a like back',
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  status: 200,
  reply: likeReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return setLiked(tools, viewer, params.post_id, false, write);
  },
});
