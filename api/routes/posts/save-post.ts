/** POST /v1/posts/{post_id}/save */
import { z } from 'zod';
import { saveReplySchema, setSaved } from '../../posts/save.ts';
import { route } from '../../route.ts';

export const savePost = route({
  method: 'post',
  path: '/v1/posts/{post_id}/save',
  area: 'posts',
  summary: 'Save a post',
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  status: 200,
  reply: saveReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return setSaved(tools, viewer, params.post_id, true, write);
  },
});
