/** DELETE /v1/users/{user_id}/block */
import { z } from 'zod';
import { route } from '../../route.ts';
import { blockReplySchema, unblock } from '../../users/block.ts';

export const unblockUser = route({
  method: 'delete',
  path: '/v1/users/{user_id}/block',
  area: 'users',
  summary: 'Lift a block',
  auth: 'user',
  params: z.object({ user_id: z.string().describe('A user id, or @username.') }),
  status: 200,
  reply: blockReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return unblock(tools, viewer, params.user_id, write);
  },
});
