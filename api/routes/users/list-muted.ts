/** GET /v1/users/me/muted: the newest first. */
import { mayKnow } from '../../../shared/users/audience.ts';
import { pageQuery } from '../../cursor.ts';
import { route } from '../../route.ts';
import { listPeople, peopleSchema } from '../../users/list-people.ts';

export const listMuted = route({
  method: 'get',
  path: '/v1/users/me/muted',
  area: 'users',
  summary: 'List whom you muted',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: peopleSchema,
  errors: [],
  async handle({ viewer, query, tools }) {
    return listPeople(tools, 'muted', viewer.id, query, mayKnow(viewer.id, 'u'));
  },
});
