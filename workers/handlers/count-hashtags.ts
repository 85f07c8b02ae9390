/** Brings a post's hashtags, and how many posts each has, in line with its caption. An archived post has none. */
import { addDelta } from '../../shared/counts/index.ts';
import type { Tx } from '../../shared/db/index.ts';
import { hashtagsOf } from '../../shared/hashtags.ts';
import type { Handler } from '../handler.ts';

export const countHashtags: Handler<'count-hashtags'> = async ({ postId }, { tools }) => {
  const changed = await tools.db.transaction().execute(async (tx) => {
    // Of two edits at once the later one must see what the earlier one linked.
    const post = await tx
      .selectFrom('posts')
      .select(['id', 'caption', 'is_archived'])
      .where('post_id', '=', postId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    // Whoever deleted it has taken its links and counts along.
    if (!post) return [];
    const wanted = post.is_archived ? [] : await hashtagIds(tx, hashtagsOf(post.caption ?? ''));
    return relink(tx, post.id, wanted);
  });
  for (const hashtagId of changed) await tools.rollUp('hashtag.posts', hashtagId);
};

/** Internal ids of the hashtags, which are made if there are none by that name. */
async function hashtagIds(tx: Tx, names: string[]): Promise<number[]> {
  if (names.length === 0) return [];
  // Sorted, so that two posts with the same new hashtags wait for each other in turn, not for ever.
  const rows = names.toSorted().map((name) => ({ name }));
  await tx
    .insertInto('hashtags')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const found = await tx.selectFrom('hashtags').select('id').where('name', 'in', names).execute();
  return found.map(({ id }) => id);
}

/** Links the post to exactly these hashtags, counts the difference and returns the hashtags it concerns. */
async function relink(tx: Tx, postId: number, wanted: number[]): Promise<number[]> {
  const linked = await tx
    .selectFrom('post_hashtags')
    .select('hashtag_id')
    .where('post_id', '=', postId)
    .execute();
  const before = new Set(linked.map((row) => row.hashtag_id));
  const after = new Set(wanted);
  const added = [...after.difference(before)];
  const removed = [...before.difference(after)];
  if (added.length > 0) {
    const links = added.map((hashtagId) => ({ post_id: postId, hashtag_id: hashtagId }));
    await tx.insertInto('post_hashtags').values(links).execute();
  }
  if (removed.length > 0) {
    await tx
      .deleteFrom('post_hashtags')
      .where('post_id', '=', postId)
      .where('hashtag_id', 'in', removed)
      .execute();
  }
  for (const hashtagId of added) await addDelta(tx, 'hashtag.posts', hashtagId, 1);
  for (const hashtagId of removed) await addDelta(tx, 'hashtag.posts', hashtagId, -1);
  return [...added, ...removed];
}
