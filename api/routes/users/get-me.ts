/** GET /v1/users/me */
import { notFound } from '../../../shared/errors.ts';
import { profileSchema } from '../../../shared/users/schema.ts';
import { route } from '../../route.ts';
import { presentProfile } from '../../users/profile.ts';

export const getMe = route({
  method: 'get',
  path: '/v1/users/me',
  area: 'users',
  summary: 'Read your own profile',
  auth: 'user',
  status: 200,
  reply: profileSchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, tools }) {
    const profile = await tools.profiles.get(viewer.userId);
    // Deleted since they were let in.
    if (!profile) notFound('User', 'user_id', 'me');
    return presentProfile(profile);
  },
});
