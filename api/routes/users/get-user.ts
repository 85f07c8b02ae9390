/** GET /v1/users/{user_id} */
import { z } from 'zod';
import { notFound } from '../../../shared/errors.ts';
import { profileSchema } from '../../../shared/users/schema.ts';
import { route } from '../../route.ts';
import { findUser } from '../../users/find-user.ts';

export const getUser = route({
  method: 'get',
  path: '/v1/users/{user_id}',
  area: 'users',
  summary: 'Read a profile',
  auth: 'user',
  params: z.object({ user_id: z.string().describe('A user id, @username, or `me`.') }),
  status: 200,
  reply: profileSchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, tools }) {
    const name = params.user_id;
    const userId = name === 'me' ? viewer.userId : (await findUser(tools, name))?.userId;
    const profile = userId ? await tools.profiles.get(userId) : undefined;
    if (!profile) notFound('User', 'user_id', name);
    const followed = await tools.graph.followed(viewer.userId, [profile.user_id]);
    return { ...profile, is_following: followed.has(profile.user_id) };
  },
});
