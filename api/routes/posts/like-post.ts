/** POST /v1/posts/{post_id}/like */
import { z } from 'zod';
import { likeReplySchema, setLiked } from '../../posts/like.ts';
import { route } from '../../route.ts';

export const likePost = route({
  method: 'post',
  path: '/v1/posts/{post_id}/like',
  area: 'posts',
  summary: 'Like a post',
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  status: 200,
  reply: likeReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return setLiked(tools, viewer, params.post_id, true, write);
  },
});
