/** DELETE /v1/users/me/avatar: from now on a picture with one's initial is shown. */
import { profileSchema } from '../../../shared/users/schema.ts';
import { route } from '../../route.ts';
import { setAvatar } from '../../users/avatar.ts';

export const removeAvatar = route({
  method: 'delete',
  path: '/v1/users/me/avatar',
  area: 'users',
  summary: 'Take your picture away; one with your initial is shown instead',
  auth: 'user',
  status: 200,
  reply: profileSchema,
  errors: [],
  handle: ({ viewer, write, tools }) => setAvatar(tools, viewer, null, write),
});
