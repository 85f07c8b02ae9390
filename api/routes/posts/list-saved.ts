/** GET /v1/users/me/saved: the posts one saved, the newest act first. */
import { pageQuery } from '../../cursor.ts';
import { listMarked, postPageSchema } from '../../posts/list-marked.ts';
import { route } from '../../route.ts';

export const listSaved = route({
  method: 'get',
  path: '/v1/users/me/saved',
  area: 'posts',
  summary: 'List the posts one saved',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: postPageSchema,
  errors: [],
  async handle({ viewer, query, tools }) {
    return listMarked(tools, viewer, 'saved', query);
  },
});
