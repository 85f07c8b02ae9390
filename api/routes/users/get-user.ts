/** GET /v1/users/{user_id} */
import { z } from 'zod';
import { notFound } from '../../../shared/errors.ts';
import { profileSchema } from '../../../shared/users/schema.ts';
import { route } from '../../route.ts';
import { findUser, userNameDescription } from '../../users/find-user.ts';
import { presentProfile } from '../../users/profile.ts';

export const getUser = route({
  method: 'get',
  path: '/v1/users/{user_id}',
  area: 'users',
  summary: 'Read a profile',
  auth: 'user',
  params: z.object({ user_id: z.string().describe(userNameDescription) }),
  status: 200,
  reply: profileSchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, tools }) {
    const user = await findUser(tools, viewer, params.user_id);
    const profile = await tools.profiles.get(user.userId);
    // Deleted since it was found.
    if (!profile) notFound('User', 'user_id', params.user_id);
    return presentProfile(profile, user);
  },
});
