/** Brings how many posts each place has in line with one post. An archived post is at none. */
import { addDelta } from '../../shared/counts/index.ts';
import type { Handler } from '../handler.ts';

export const countLocation: Handler<'count-location'> = async ({ postId }, { tools }) => {
  const changed = await tools.db.transaction().execute(async (tx) => {
    // Of two edits at once the later one must see what the earlier one counted.
    const post = await tx
      .selectFrom('posts')
      .select(['id', 'location_id', 'is_archived', 'counted_location_id'])
      .where('post_id', '=', postId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    // Whoever deleted it has taken its count along.
    if (!post) return [];
    const before = post.counted_location_id;
    const after = post.is_archived ? null : post.location_id;
    if (before === after) return [];
    await tx.updateTable('posts').set({ counted_location_id: after }).where('id', '=', post.id).execute();
    if (before !== null) await addDelta(tx, 'location.posts', before, -1);
    if (after !== null) await addDelta(tx, 'location.posts', after, 1);
    return [before, after].filter((id) => id !== null);
  });
  for (const id of changed) await tools.rollUp('location.posts', id);
};
