/** Deleting stories: gone from every read at once; contents, views and pictures are removed by the event's job. */
import type { Tx } from '../db/index.ts';
import type { Tools } from '../tools.ts';

/**
 * Deletes stories of one owner, all of them if no id is given; the caller wakes the relay after the commit.
 *
 * @returns how many there were.
 */
export async function deleteStories(
  { outbox }: Tools,
  tx: Tx,
  owner: { id: number; userId: string },
  storyId?: string,
): Promise<number> {
  const deleted = await tx
    .deleteFrom('stories')
    .where('user_id', '=', owner.id)
    .$if(storyId !== undefined, (query) => query.where('story_id', '=', storyId as string))
    .returning('story_id')
    .execute();
  for (const { story_id } of deleted) {
    await outbox.emit(tx, 'storyDeleted', story_id, { storyId: story_id, ownerId: owner.userId });
  }
  return deleted.length;
}
