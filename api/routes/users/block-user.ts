/** POST /v1/users/{user_id}/block */
import { z } from 'zod';
import { route } from '../../route.ts';
import { block, blockReplySchema } from '../../users/block.ts';

export const blockUser = route({
  method: 'post',
  path: '/v1/users/{user_id}/block',
  area: 'users',
  summary: 'Block a user',
  auth: 'user',
  params: z.object({ user_id: z.string().describe('A user id, or @username.') }),
  status: 200,
  reply: blockReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return block(tools, viewer, params.user_id, write);
  },
});
