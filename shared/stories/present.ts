/** Stories as one viewer sees them: facts from Postgres with the contents and views of the story store. */
import type { Tools } from '../tools.ts';
import { cardOf } from '../users/cards.ts';
import type { StoryRow } from './facts.ts';
import type { StoryContent } from './index.ts';
import { storyPaths } from './pictures.ts';
import { type ShownStory, type StoryTray, storyDurationS } from './schema.ts';
import { storyUrls } from './urls.ts';

type Viewer = { id: number; userId: string };

/** What the story store knows of a story, or its row once it was rolled up. */
type Shown = Pick<StoryContent, 'mediaType' | 'mediaPath' | 'thumbnailPath' | 'durationSeconds'>;

/** What a rolled-up story shows. */
function rolledUp(storyId: string, durationSeconds: number | null): Shown {
  return {
    ...storyPaths(storyId),
    mediaType: 'image',
    durationSeconds: durationSeconds ?? storyDurationS.default,
  };
}

async function shownOf({ stories, db }: Tools, rows: readonly StoryRow[]): Promise<Map<string, Shown>> {
  const open = rows.filter((row) => row.view_count === null);
  const contents = await stories.get(open.map((row) => ({ userId: row.user_id, storyId: row.story_id })));
  const shown = new Map<string, Shown>(contents.map((content) => [content.storyId, content]));
  for (const row of rows) {
    if (row.view_count !== null) shown.set(row.story_id, rolledUp(row.story_id, row.duration_seconds));
  }
  // What was rolled up since the row was read is no longer in the store.
  const missing = open.filter((row) => row.is_over && !shown.has(row.story_id)).map((row) => row.id);
  if (missing.length > 0) {
    const found = await db
      .selectFrom('stories')
      .select(['story_id', 'duration_seconds'])
      .where('id', 'in', missing)
      .where('view_count', 'is not', null)
      .execute();
    for (const row of found) shown.set(row.story_id, rolledUp(row.story_id, row.duration_seconds));
  }
  return shown;
}

/**
 * The stories as everybody who may see them sees them, by their ids; one whose content is lost is missing. For admins the
 * URLs also open what a suspended owner told.
 */
export async function shownStories(
  tools: Tools,
  rows: readonly StoryRow[],
  { isForAdmins = false }: { isForAdmins?: boolean } = {},
): Promise<Map<string, ShownStory>> {
  const contents = await shownOf(tools, rows);
  return new Map(
    rows.flatMap((row): [string, ShownStory][] => {
      const content = contents.get(row.story_id);
      if (!content) return [];
      const story: ShownStory = {
        story_id: row.story_id,
        media_type: content.mediaType,
        ...storyUrls(tools, row, content, isForAdmins),
        duration_seconds: content.durationSeconds,
        created_at: row.created_at.toISOString(),
        expires_at: row.expires_at.toISOString(),
      };
      return [[row.story_id, story]];
    }),
  );
}

/** The trays of the stories' owners, each with its stories in the order of the rows, in no order themselves. */
export async function presentTrays(
  tools: Tools,
  viewer: Viewer,
  rows: readonly StoryRow[],
): Promise<StoryTray[]> {
  const others = rows.filter((row) => row.user_id !== viewer.userId);
  const [shown, seen] = await Promise.all([
    shownStories(tools, rows),
    tools.stories.seen(
      viewer.userId,
      others.map((row) => row.story_id),
    ),
  ]);
  const perOwner = Map.groupBy(rows, (row) => row.user_id);
  return [...perOwner.values()].flatMap((owned): StoryTray[] => {
    const stories = owned.flatMap((row) => {
      const story = shown.get(row.story_id);
      const isSeen = row.user_id === viewer.userId || seen.has(row.story_id);
      return story ? [{ ...story, is_seen: isSeen }] : [];
    });
    const [owner, latest] = [owned[0], stories.at(-1)];
    if (!owner || !latest) return [];
    return [
      {
        user: cardOf(tools.config.CDN_BASE_URL, owner),
        has_unseen: stories.some((story) => !story.is_seen),
        latest_story_at: latest.created_at,
        stories,
      },
    ];
  });
}
