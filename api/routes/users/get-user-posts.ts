/** GET /v1/users/{user_id}/posts: a profile's posts, newest first. */
import { z } from 'zod';
import { isId } from '../../../shared/ids.ts';
import { presentPosts } from '../../../shared/posts/present.ts';
import { postSchema } from '../../../shared/posts/schema.ts';
import { decodeCursor, pageQuery } from '../../cursor.ts';
import { cutPage, pageFields } from '../../page.ts';
import { route } from '../../route.ts';
import { findSeenUser, userNameDescription } from '../../users/find-user.ts';

const cursorValues = z.tuple([z.string().refine((id) => isId('post', id))]);

export const getUserPosts = route({
  method: 'get',
  path: '/v1/users/{user_id}/posts',
  area: 'users',
  summary: "List a user's posts",
  auth: 'user',
  params: z.object({ user_id: z.string().describe(userNameDescription) }),
  query: pageQuery,
  status: 200,
  reply: z.object({ posts: z.array(postSchema), ...pageFields }),
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, query, tools }) {
    const user = await findSeenUser(tools, viewer, params.user_id);
    const before = query.cursor ? decodeCursor('user-posts', cursorValues, query.cursor)[0] : '~';
    const rows = await tools.db
      .selectFrom('posts')
      .select('post_id')
      .where('user_id', '=', user.id)
      .where('is_archived', '=', false)
      .where('post_id', '<', before)
      .orderBy('post_id', 'desc')
      .limit(query.limit + 1)
      .execute();
    const { rows: page, ...rest } = cutPage(rows, query.limit, 'user-posts', (row) => [row.post_id]);
    const ids = page.map((row) => row.post_id);
    return { posts: await presentPosts(tools, viewer, ids), ...rest };
  },
});
