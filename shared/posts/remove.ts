/** Removing a post: its likes, comments and notices go along, the counts follow, and the jobs do the rest. */
import { addDelta } from '../counts/index.ts';
import type { Tx } from '../db/index.ts';
import type { Tools } from '../tools.ts';

/** What a removal changed, for `afterPostRemoval`. */
export type PostRemoval = {
  postId: string;
  /** The author's internal and public id. */
  authorId: number;
  authorUserId: string;
  hashtagIds: number[];
  /** The place it was counted at. */
  locationId: number | null;
};

/**
 * Removes a post, whoever may. Call `afterPostRemoval` after the commit.
 *
 * @returns undefined if there is no such post (any more).
 */
export async function removePost(
  { outbox }: Tools,
  tx: Tx,
  postId: string,
): Promise<PostRemoval | undefined> {
  const post = await tx
    .selectFrom('posts')
    .innerJoin('users', 'users.id', 'posts.user_id')
    .select(['posts.id', 'posts.is_archived', 'posts.counted_location_id as locationId'])
    .select(['users.id as authorId', 'users.user_id as authorUserId'])
    .where('post_id', '=', postId)
    .forUpdate('posts')
    .executeTakeFirst();
  if (!post) return undefined;
  const { authorId, authorUserId, locationId } = post;
  const links = await tx
    .deleteFrom('post_hashtags')
    .where('post_id', '=', post.id)
    .returning('hashtag_id')
    .execute();
  const hashtagIds = links.map(({ hashtag_id }) => hashtag_id);
  for (const hashtagId of hashtagIds) await addDelta(tx, 'hashtag.posts', hashtagId, -1);
  if (locationId !== null) await addDelta(tx, 'location.posts', locationId, -1);
  await tx.deleteFrom('posts').where('id', '=', post.id).execute();
  if (!post.is_archived) await addDelta(tx, 'user.posts', authorId, -1);
  await outbox.emit(tx, 'postDeleted', postId, { postId, authorId: authorUserId });
  return { postId, authorId, authorUserId, hashtagIds, locationId };
}

/** Makes a removal known: copies are forgotten, the counts added up. */
export async function afterPostRemoval(
  tools: Tools,
  { postId, authorId, authorUserId, hashtagIds, locationId }: PostRemoval,
): Promise<void> {
  await Promise.all([
    tools.changes.announce('post', postId),
    tools.feeds.authorChanged(authorId),
    tools.wakeRelay(),
    tools.profiles.forgetCounts(authorUserId),
    tools.rollUp('user.posts', authorId),
    ...hashtagIds.map((id) => tools.rollUp('hashtag.posts', id)),
    locationId === null ? undefined : tools.rollUp('location.posts', locationId),
  ]);
}
