/** POST /v1/users/me/highlights: keeps stories on show past their day. */
import { sql } from 'kysely';
import { z } from 'zod';
import { atMost } from '../../../shared/characters.ts';
import { isDangling } from '../../../shared/db/index.ts';
import { fail } from '../../../shared/errors.ts';
import { idPattern, newId } from '../../../shared/ids.ts';
import { type StoryRow, storyColumns } from '../../../shared/stories/facts.ts';
import { presentHighlight } from '../../../shared/stories/highlights.ts';
import { shownStories } from '../../../shared/stories/present.ts';
import { highlightSchema } from '../../../shared/stories/schema.ts';
import { route } from '../../route.ts';

const maxTitleLength = 50;
const maxStories = 100;

export const createHighlight = route({
  method: 'post',
  path: '/v1/users/me/highlights',
  area: 'stories',
  summary: 'Keep stories on show in a highlight',
  auth: 'user',
  body: z.strictObject({
    title: z
      .string()
      .trim()
      .min(1, 'Must not be empty')
      .refine(...atMost(maxTitleLength))
      .meta({ maxLength: maxTitleLength, examples: ['Summer'] }),
    story_ids: z
      .array(z.string().regex(idPattern('story'), 'Must be a story id'))
      .min(1, 'Must be at least one story')
      .max(maxStories, `Must be at most ${maxStories} stories`)
      .transform((ids) => [...new Set(ids)])
      .describe("The caller's own, over or not, in the order they are shown.")
      .meta({ examples: [['story_01j8z3k4m5n6p7q8r9s0t1v2w3']] }),
  }),
  status: 201,
  reply: highlightSchema,
  errors: [],
  async handle({ viewer, body, write, tools }) {
    const { rows } = await sql<StoryRow>`
      SELECT ${storyColumns} FROM stories s JOIN users u ON u.id = s.user_id
      WHERE s.user_id = ${viewer.id} AND s.story_id = ANY(${body.story_ids})`.execute(tools.db);
    const owned = new Map(rows.map((row) => [row.story_id, { ...row, is_highlighted: true }]));
    const chosen = body.story_ids.map((storyId) => owned.get(storyId) ?? refuseStory(storyId));
    const shown = await shownStories(tools, chosen);
    const highlightId = newId('highlight');
    return write(async (tx) => {
      const highlight = await tx
        .insertInto('highlights')
        .values({ highlight_id: highlightId, user_id: viewer.id, title: body.title })
        .returning(['id', 'highlight_id', 'title', 'created_at'])
        .executeTakeFirstOrThrow();
      await tx
        .insertInto('highlight_stories')
        .values(
          chosen.map(({ id }, index) => ({ highlight_id: highlight.id, position: index + 1, story_id: id })),
        )
        .execute()
        .catch((error: unknown) => {
          // Deleted since it was looked up.
          if (isDangling(error)) refuseStory(body.story_ids.join(', '));
          throw error;
        });
      return presentHighlight(highlight, chosen, shown);
    });
  },
});

function refuseStory(storyId: string): never {
  return fail('INVALID_INPUT', { field: 'story_ids', reason: `You have no story '${storyId}'` });
}
