/** POST /v1/users/me/follow-requests/{user_id} */
import { z } from 'zod';
import { route } from '../../route.ts';
import { accept, requestReplySchema } from '../../users/follow-request.ts';

export const acceptFollowRequest = route({
  method: 'post',
  path: '/v1/users/me/follow-requests/{user_id}',
  area: 'users',
  summary: 'Accept a follow request',
  auth: 'user',
  params: z.object({ user_id: z.string().describe('A user id, or @username.') }),
  status: 200,
  reply: requestReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return accept(tools, viewer, params.user_id, write);
  },
});
