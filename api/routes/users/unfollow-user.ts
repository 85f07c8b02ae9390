/** DELETE /v1/users/{user_id}/follow */
import { z } from 'zod';
import { route } from '../../route.ts';
import { followReplySchema, unfollow } from '../../users/follow.ts';

export const unfollowUser = route({
  method: 'delete',
  path: '/v1/users/{user_id}/follow',
  area: 'users',
  summary: 'Unfollow a user, or withdraw the request to',
  auth: 'user',
  params: z.object({ user_id: z.string().describe('A user id, or @username.') }),
  status: 200,
  reply: followReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return unfollow(tools, viewer, params.user_id, write);
  },
});
