/** GET /v1/hashtags/{name}/posts: what carries a hashtag, newest first. */
import { sql } from 'kysely';
import { z } from 'zod';
import { pageQuery } from '../../cursor.ts';
import { findHashtag } from '../../discovery/hashtag-name.ts';
import { postPage, postPageSchema } from '../../discovery/post-page.ts';
import { route } from '../../route.ts';

export const getHashtagPosts = route({
  method: 'get',
  path: '/v1/hashtags/{name}/posts',
  area: 'discovery',
  summary: "List a hashtag's posts",
  auth: 'user',
  params: z.object({ name: z.string().describe('In any script and case, without `#`.') }),
  query: pageQuery,
  status: 200,
  reply: postPageSchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, query, tools }) {
    const { id, name } = await findHashtag(tools, params.name);
    const carries = sql`EXISTS (SELECT FROM post_hashtags WHERE hashtag_id = ${id} AND post_id = p.id)`;
    return postPage(tools, viewer, `hashtag ${name}`, query, carries);
  },
});
