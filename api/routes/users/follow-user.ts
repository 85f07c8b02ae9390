/** POST /v1/users/{user_id}/follow */
import { z } from 'zod';
import { route } from '../../route.ts';
import { followReplySchema, setFollowing } from '../../users/follow.ts';

export const followUser = route({
  method: 'post',
  path: '/v1/users/{user_id}/follow',
  area: 'users',
  summary: 'Follow a user',
  auth: 'user',
  params: z.object({ user_id: z.string().describe('A user id, or @username.') }),
  status: 200,
  reply: followReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return setFollowing(tools, viewer, params.user_id, true, write);
  },
});
