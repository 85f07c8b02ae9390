/** GET /v1/users/me/follow-requests: the newest first. */
import { mayKnow } from '../../../shared/users/audience.ts';
import { pageQuery } from '../../cursor.ts';
import { route } from '../../route.ts';
import { listPeople, peopleSchema } from '../../users/list-people.ts';

export const listFollowRequests = route({
  method: 'get',
  path: '/v1/users/me/follow-requests',
  area: 'users',
  summary: 'List who asks to follow you',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: peopleSchema,
  errors: [],
  async handle({ viewer, query, tools }) {
    return listPeople(tools, 'follow-requests', viewer.id, query, mayKnow(viewer.id, 'u'));
  },
});
