/** GET /v1/users/{user_id}/following: the newest first. */
import { z } from 'zod';
import { pageQuery } from '../../cursor.ts';
import { route } from '../../route.ts';
import { findSeenUser, userNameDescription } from '../../users/find-user.ts';
import { followsSchema, listFollows } from '../../users/list-people.ts';

export const listFollowing = route({
  method: 'get',
  path: '/v1/users/{user_id}/following',
  area: 'users',
  summary: 'List whom a user follows',
  auth: 'user',
  params: z.object({ user_id: z.string().describe(userNameDescription) }),
  query: pageQuery,
  status: 200,
  reply: followsSchema,
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, query, tools }) {
    const user = await findSeenUser(tools, viewer, params.user_id);
    return listFollows(tools, viewer, 'following', user.id, query);
  },
});
