/** GET /v1/users/{user_id}/followers: the newest first. */
import { z } from 'zod';
import { pageQuery } from '../../cursor.ts';
import { route } from '../../route.ts';
import { findSeenUser, userNameDescription } from '../../users/find-user.ts';
import { followsSchema, listFollows } from '../../users/list-people.ts';

export const listFollowers = route({
  method: 'get',
  path: '/v1/users/{user_id}/followers',
  area: 'users',
  summary: "List a user's followers",
  auth: 'user',
  params: z.object({ user_id: z.string().describe(userNameDescription) }),
  query: pageQuery,
  status: 200,
  reply: followsSchema,
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, query, tools }) {
    const user = await findSeenUser(tools, viewer, params.user_id);
    return listFollows(tools, viewer, 'followers', user.id, query);
  },
});
