/** GET /v1/users/me/liked: the posts one liked, the newest act first. */
import { pageQuery } from '../../cursor.ts';
import { listMarked, postPageSchema } from '../../posts/list-marked.ts';
import { route } from '../../route.ts';

export const listLiked = route({
  method: 'get',
  path: '/v1/users/me/liked',
  area: 'posts',
  summary: 'List the posts one liked',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: postPageSchema,
  errors: [],
  async handle({ viewer, query, tools }) {
    return listMarked(tools, viewer, 'liked', query);
  },
});
