/** GET /v1/users/me/story-archive: one's own stories that are over, with how often they were viewed. */
import { sql } from 'kysely';
import { z } from 'zod';
import { isId } from '../../../shared/ids.ts';
import { type StoryRow, storyColumns } from '../../../shared/stories/facts.ts';
import { shownStories } from '../../../shared/stories/present.ts';
import { archivedStorySchema } from '../../../shared/stories/schema.ts';
import { viewCountOf } from '../../../shared/stories/views.ts';
import { decodeCursor, pageQuery } from '../../cursor.ts';
import { cutPage, pageFields } from '../../page.ts';
import { route } from '../../route.ts';

const cursorValues = z.tuple([z.string().refine((id) => isId('story', id))]);

export const getStoryArchive = route({
  method: 'get',
  path: '/v1/users/me/story-archive',
  area: 'stories',
  summary: 'Read one’s own stories that are over',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: z.object({ stories: z.array(archivedStorySchema).describe('Newest first.'), ...pageFields }),
  errors: [],
  async handle({ viewer, query, tools }) {
    const before = query.cursor ? decodeCursor('story-archive', cursorValues, query.cursor)[0] : '~';
    const { rows } = await sql<StoryRow>`
      SELECT ${storyColumns} FROM stories s JOIN users u ON u.id = s.user_id
      WHERE s.user_id = ${viewer.id} AND s.expires_at <= now() AND s.story_id < ${before}
      ORDER BY s.story_id DESC LIMIT ${query.limit + 1}`.execute(tools.db);
    const { rows: page, ...rest } = cutPage(rows, query.limit, 'story-archive', (row) => [row.story_id]);
    const shown = await shownStories(tools, page);
    const counts = await Promise.all(page.map((row) => row.view_count ?? viewCountOf(tools, row.story_id)));
    const stories = page.flatMap((row, index) => {
      const story = shown.get(row.story_id);
      return story ? [{ ...story, view_count: counts[index] as number }] : [];
    });
    return { stories, ...rest };
  },
});
