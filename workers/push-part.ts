/** One part of a fan-out: from follow ids to feeds, exact although people follow and unfollow meanwhile. */
import { sql } from 'kysely';
import type { Tools } from '../shared/tools.ts';
import { type FollowRange, followersWithin } from './followers.ts';

/**
 * Pushes a post to the feeds of one range of its author's followers and tells those who are connected.
 *
 * Who unfollows while the push is under way has their feed forgotten by the unfollow; if that came before the
 * push, the push would bring the post back. So the followers are read again afterwards, and the post is taken
 * from those who are gone. Who follows meanwhile has a feed that is rebuilt with the post in it.
 */
export async function pushPart(
  { db, feeds, live }: Tools,
  postId: string,
  range: FollowRange,
): Promise<void> {
  const author = async () => {
    const { rows } = await sql<{ id: number; user_id: string }>`
      SELECT u.id, u.user_id FROM posts p JOIN users u ON u.id = p.user_id
      WHERE p.post_id = ${postId} AND NOT p.is_archived`.execute(db);
    return rows[0];
  };
  const before = await author();
  if (!before) return;
  const followers = await followersWithin(db, before.id, range);
  await feeds.push(followers, postId);

  const still = (await author()) ? new Set(await followersWithin(db, before.id, range)) : new Set();
  const gone = followers.filter((userId) => !still.has(userId));
  if (gone.length > 0) await feeds.drop(gone, postId);
  const told = followers.filter((userId) => still.has(userId));
  await live.tell(told, 'feed.new_post', { post_id: postId, user_id: before.user_id });
}
