/** DELETE /v1/posts/{post_id}/save */
import { z } from 'zod';
import { saveReplySchema, setSaved } from '../../posts/save.ts';
import { route } from '../../route.ts';

export const unsavePost = route({
  method: 'delete',
  path: '/v1/posts/{post_id}/save',
  area: 'posts',
  summary: 'Take a post out of what one saved',
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  status: 200,
  reply: saveReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return setSaved(tools, viewer, params.post_id, false, write);
  },
});
