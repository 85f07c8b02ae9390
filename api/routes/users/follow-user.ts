/** POST /v1/users/{user_id}/follow */
import { z } from 'zod';
import { route } from '../../route.ts';
import { follow, followReplySchema } from '../../users/follow.ts';

export const followUser = route({
  method: 'post',
  path: '/v1/users/{user_id}/follow',
  area: 'users',
  summary: 'Follow a user, or ask to if the account is private',
  auth: 'user',
  params: z.object({ user_id: z.string().describe('A user id, or @username.') }),
  status: 200,
  reply: followReplySchema,
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, write, tools }) {
    return follow(tools, viewer, params.user_id, write);
  },
});
