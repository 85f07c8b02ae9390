/** GET /v1/stories/{story_id}/viewers: who saw a story, for its owner. */
import { sql } from 'kysely';
import { z } from 'zod';
import { fail, notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { findStory } from '../../../shared/stories/facts.ts';
import { viewCountOf } from '../../../shared/stories/views.ts';
import type { Tools } from '../../../shared/tools.ts';
import { mayKnow } from '../../../shared/users/audience.ts';
import { type CardRow, cardOf } from '../../../shared/users/cards.ts';
import { userCardSchema } from '../../../shared/users/schema.ts';
import { decodeCursor, pageQuery } from '../../cursor.ts';
import { cutPage, pageFields } from '../../page.ts';
import { route } from '../../route.ts';

const cursorValues = z.tuple([z.string().refine((id) => isId('user', id))]);
const viewerSchema = userCardSchema.extend({ viewed_at: z.iso.datetime() }).meta({ id: 'StoryViewer' });

/** Views read at once: a page whose viewers are mostly unknown to the owner is filled up with few reads. */
const viewsPerRead = 500;

export const getStoryViewers = route({
  method: 'get',
  path: '/v1/stories/{story_id}/viewers',
  area: 'stories',
  summary: 'Read who saw one’s story',
  auth: 'user',
  params: z.object({ story_id: z.string() }),
  query: pageQuery,
  status: 200,
  reply: z.object({
    viewers: z
      .array(viewerSchema)
      .describe('In the order in which their accounts were made; none once the story is over.'),
    view_count: z.int().describe('How many others saw it; kept when the story is over.'),
    ...pageFields,
  }),
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, query, tools }) {
    const storyId = params.story_id;
    const story = await findStory(tools.db, viewer.id, storyId);
    if (!story) notFound('Story', 'story_id', storyId);
    if (story.user_id !== viewer.userId) {
      fail('FORBIDDEN', { field: 'story_id', reason: 'Only its owner may see who saw a story' });
    }
    let after = query.cursor ? decodeCursor('story-viewers', cursorValues, query.cursor)[0] : undefined;
    const found: z.output<typeof viewerSchema>[] = [];
    for (let more = true; more && found.length <= query.limit; ) {
      const views = await tools.stories.views(storyId, after, viewsPerRead);
      const cards = await knownCards(
        tools,
        viewer.id,
        views.map(({ viewerId }) => viewerId),
      );
      for (const { viewerId, viewedAt } of views) {
        const card = cards.get(viewerId);
        if (card)
          found.push({ ...cardOf(tools.config.CDN_BASE_URL, card), viewed_at: viewedAt.toISOString() });
      }
      after = views.at(-1)?.viewerId;
      more = views.length === viewsPerRead;
    }
    const { rows: viewers, ...rest } = cutPage(found, query.limit, 'story-viewers', (row) => [row.user_id]);
    return { viewers, view_count: await viewCountOf(tools, storyId), ...rest };
  },
});

/** The cards of those users whom the viewer may know of, by their public ids. */
async function knownCards({ db }: Tools, viewerId: number, userIds: string[]): Promise<Map<string, CardRow>> {
  if (userIds.length === 0) return new Map();
  const { rows } = await sql<CardRow>`
    SELECT u.user_id, u.username, u.profile_pic_url, u.is_verified FROM users u
    WHERE u.user_id = ANY(${userIds}) AND ${mayKnow(viewerId, 'u')}`.execute(db);
  return new Map(rows.map((row) => [row.user_id, row]));
}
