/** How often a story was viewed. */
import type { Tools } from '../tools.ts';

/** How many others viewed a story, by its ids: what its row keeps if it was rolled up, else what the store counts. */
export async function viewCountOf({ db, stories }: Tools, storyId: string): Promise<number> {
  const counted = await stories.countViews(storyId);
  // Read afterwards: views are removed only once the row has their count.
  const row = await db
    .selectFrom('stories')
    .select('view_count')
    .where('story_id', '=', storyId)
    .executeTakeFirst();
  return row?.view_count ?? counted;
}
