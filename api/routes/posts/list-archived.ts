/** GET /v1/users/me/archived: the posts one archived, the newest post first. */
import { sql } from 'kysely';
import { z } from 'zod';
import { isId } from '../../../shared/ids.ts';
import { presentPosts } from '../../../shared/posts/present.ts';
import { decodeCursor, pageQuery } from '../../cursor.ts';
import { cutPage } from '../../page.ts';
import { postPageSchema } from '../../posts/list-marked.ts';
import { route } from '../../route.ts';

const cursorValues = z.tuple([z.string().refine((id) => isId('post', id))]);

export const listArchived = route({
  method: 'get',
  path: '/v1/users/me/archived',
  area: 'posts',
  summary: 'List the posts one archived',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: postPageSchema,
  errors: [],
  async handle({ viewer, query, tools }) {
    const before = query.cursor ? decodeCursor('archived', cursorValues, query.cursor)[0] : '~';
    const rows = await tools.db
      .selectFrom('posts')
      .select('post_id')
      .where('user_id', '=', viewer.id)
      // As a parameter it would not say that the index of archived posts will do.
      .where(sql<boolean>`is_archived`)
      .where('post_id', '<', before)
      .orderBy('post_id', 'desc')
      .limit(query.limit + 1)
      .execute();
    const { rows: page, ...rest } = cutPage(rows, query.limit, 'archived', (row) => [row.post_id]);
    const ids = page.map((row) => row.post_id);
    return { posts: await presentPosts(tools, viewer, ids), ...rest };
  },
});
