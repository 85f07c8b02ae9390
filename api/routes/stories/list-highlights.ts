/** GET /v1/users/{user_id}/highlights: what a user keeps on show, newest first. */
import { z } from 'zod';
import { presentHighlights } from '../../../shared/stories/highlights.ts';
import { highlightSchema } from '../../../shared/stories/schema.ts';
import { decodeCursor, pageQuery } from '../../cursor.ts';
import { cutPage, pageFields } from '../../page.ts';
import { route } from '../../route.ts';
import { findSeenUser, userNameDescription } from '../../users/find-user.ts';

const cursorValues = z.tuple([z.int().positive()]);

export const listHighlights = route({
  method: 'get',
  path: '/v1/users/{user_id}/highlights',
  area: 'stories',
  summary: "List a user's highlights",
  auth: 'user',
  params: z.object({ user_id: z.string().describe(userNameDescription) }),
  query: pageQuery,
  status: 200,
  reply: z.object({ highlights: z.array(highlightSchema), ...pageFields }),
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, query, tools }) {
    const user = await findSeenUser(tools, viewer, params.user_id);
    const before = query.cursor
      ? decodeCursor('highlights', cursorValues, query.cursor)[0]
      : Number.MAX_SAFE_INTEGER;
    const rows = await tools.db
      .selectFrom('highlights')
      .select(['id', 'highlight_id', 'title', 'created_at'])
      .where('user_id', '=', user.id)
      .where('deleted_at', 'is', null)
      .where('id', '<', before)
      .orderBy('id', 'desc')
      .limit(query.limit + 1)
      .execute();
    const { rows: page, ...rest } = cutPage(rows, query.limit, 'highlights', (row) => [row.id]);
    return { highlights: await presentHighlights(tools, page), ...rest };
  },
});
