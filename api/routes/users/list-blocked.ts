/** GET /v1/users/me/blocked: the newest first, those who blocked the caller in turn included, so that every block can be lifted. */
import { sql } from 'kysely';
import { pageQuery } from '../../cursor.ts';
import { route } from '../../route.ts';
import { listPeople, peopleSchema } from '../../users/list-people.ts';

export const listBlocked = route({
  method: 'get',
  path: '/v1/users/me/blocked',
  area: 'users',
  summary: 'List whom you blocked',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: peopleSchema,
  errors: [],
  async handle({ viewer, query, tools }) {
    return listPeople(tools, 'blocked', viewer.id, query, sql`NOT u.is_hidden`);
  },
});
