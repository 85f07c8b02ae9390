/** DELETE /v1/users/{user_id}/mute */
import { z } from 'zod';
import { route } from '../../route.ts';
import { muteReplySchema, setMuted } from '../../users/mute.ts';

export const unmuteUser = route({
  method: 'delete',
  path: '/v1/users/{user_id}/mute',
  area: 'users',
  summary: 'Unmute a user',
  auth: 'user',
  params: z.object({ user_id: z.string().describe('A user id, or @username.') }),
  status: 200,
  reply: muteReplySchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    return setMuted(tools, viewer, params.user_id, false, write);
  },
});
