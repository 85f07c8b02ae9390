/** GET /v1/stories: the trays of those the caller follows, and their own, in one call. */
import { z } from 'zod';
import { trayStories } from '../../../shared/stories/facts.ts';
import { presentTrays } from '../../../shared/stories/present.ts';
import { type StoryTray, storyTraySchema } from '../../../shared/stories/schema.ts';
import { route } from '../../route.ts';

/** Trays of others: what one can look at in a day, and a reply of bounded size. */
const maxTrays = 200;

export const getStories = route({
  method: 'get',
  path: '/v1/stories',
  area: 'stories',
  summary: 'Read the stories of those one follows, and one’s own',
  auth: 'user',
  status: 200,
  reply: z.object({
    story_trays: z
      .array(storyTraySchema)
      .describe(
        `The caller's own first, then those with something unseen, then by the newest story; at most the ${maxTrays} of others with the newest stories.`,
      ),
  }),
  errors: [],
  async handle({ viewer, tools }) {
    const entries = await tools.trays.owners(viewer, maxTrays);
    const ownerIds = [viewer.userId, ...entries.map(({ ownerId }) => ownerId)];
    const rows = await trayStories(tools.db, viewer.id, ownerIds);
    const trays = await presentTrays(
      tools,
      viewer,
      rows.filter((row) => row.is_shown),
    );
    const withStories = new Set(rows.map((row) => row.user_id));
    await tools.trays.drop(
      viewer.userId,
      entries.filter(({ ownerId }) => !withStories.has(ownerId)),
    );
    const rank = (tray: StoryTray) => (tray.user.user_id === viewer.userId ? 0 : tray.has_unseen ? 1 : 2);
    const latest = (tray: StoryTray) => tray.latest_story_at ?? '';
    trays.sort(
      (one, other) =>
        rank(one) - rank(other) ||
        latest(other).localeCompare(latest(one)) ||
        one.user.user_id.localeCompare(other.user.user_id),
    );
    return { story_trays: trays };
  },
});
