/** One part of a fan-out: from follow ids to feeds, exact although people follow and unfollow meanwhile. */
import { sql } from 'kysely';
import type { Db } from '../shared/db/index.ts';
import type { Tools } from '../shared/tools.ts';
import { alignFeeds } from './align-feeds.ts';
import { digestWithin, type Followers, type FollowRange, followersWithin } from './followers.ts';

/**
 * Pushes a post to the feeds of one range of its author's followers and tells those who are connected.
 *
 * Who unfollows while the push is under way has their feed forgotten by the unfollow; if that came before the
 * push, the push would bring the post back. So the followers are read again afterwards, and the feeds of those
 * who are gone are forgotten once more: taking out the post alone would leave a hole in the feed of somebody
 * who follows again by now. Who follows meanwhile has a feed that is rebuilt with the post in it.
 */
export async function pushPart(tools: Tools, postId: string, range: FollowRange): Promise<void> {
  const { db, feeds, live } = tools;
  const { rows } = await sql<{ id: number; user_id: string }>`
    SELECT u.id, u.user_id FROM posts p JOIN users u ON u.id = p.user_id
    WHERE p.post_id = ${postId} AND NOT p.is_archived`.execute(db);
  const [author] = rows;
  if (!author) return;
  const followers = await followersWithin(db, author.id, range);
  const visible = await alignFeeds(tools, postId, followers.userIds);
  const gone = await goneFrom(followers, db, author.id, range);
  await Promise.all([...gone].map((userId) => feeds.forget(userId)));
  if (!visible) return;
  const told = followers.userIds.filter((userId) => !gone.has(userId));
  await live.tell(told, 'feed.new_post', { post_id: postId, user_id: author.user_id });
}

/** Those of the followers who follow no more. */
async function goneFrom(
  { userIds, digest }: Followers,
  db: Db,
  authorId: number,
  range: FollowRange,
): Promise<Set<string>> {
  if ((await digestWithin(db, authorId, range)) === digest) return new Set();
  const still = new Set((await followersWithin(db, authorId, range)).userIds);
  return new Set(userIds.filter((userId) => !still.has(userId)));
}
