/** Brings cached feeds in line with one post, also while others do the same. (Decision 6.) */
import { sql } from 'kysely';
import type { Tools } from '../shared/tools.ts';

/**
 * Puts the post into the users' feeds if it can be seen, takes it out if it is archived or gone, and looks
 * again: of an archiving and its undoing the slower job may have acted on the older state, so whoever writes
 * looks whether it still stands.
 *
 * @returns whether it can be seen.
 */
export async function alignFeeds(
  { db, feeds }: Pick<Tools, 'db' | 'feeds'>,
  postId: string,
  userIds: string[],
): Promise<boolean> {
  const read = async () => {
    const { rows } = await sql`SELECT FROM posts WHERE post_id = ${postId} AND NOT is_archived`.execute(db);
    return rows.length > 0;
  };
  for (let visible = await read(); ; ) {
    if (visible) {
      await markAgain({ db, feeds }, postId, userIds);
      await feeds.push(userIds, postId);
    } else {
      await feeds.drop(userIds, postId);
    }
    const now = await read();
    if (now === visible) return visible;
    visible = now;
  }
}

/**
 * Tells feeds that a post comes to who liked or saved it before: one that was built while the post was archived
 * does not know. A mark the feed does have is newer than this one, which has no act's number.
 */
export async function markAgain(
  { db, feeds }: Pick<Tools, 'db' | 'feeds'>,
  postId: string,
  userIds: string[],
): Promise<void> {
  // A new post has no marks; thousands of ids are not sent to learn that.
  if (!(await isMarked(db, postId))) return;
  const { rows } = await sql<{ user_id: string; kind: 'liked' | 'saved' }>`
    SELECT u.user_id, marked.kind FROM (
      SELECT l.user_id, 'liked' AS kind FROM likes l JOIN posts p ON p.id = l.post_id WHERE p.post_id = ${postId}
      UNION ALL
      SELECT s.user_id, 'saved' FROM saves s JOIN posts p ON p.id = s.post_id WHERE p.post_id = ${postId}
    ) marked JOIN users u ON u.id = marked.user_id WHERE u.user_id = ANY(${userIds})`.execute(db);
  await Promise.all(rows.map((row) => feeds.mark(row.user_id, row.kind, postId, 0)));
}

/** True if anybody likes or saved the post. */
async function isMarked(db: Tools['db'], postId: string): Promise<boolean> {
  const { rows } = await sql<{ is_marked: boolean }>`
    SELECT EXISTS (SELECT FROM likes WHERE post_id = p.id) OR EXISTS (SELECT FROM saves WHERE post_id = p.id) AS is_marked
    FROM posts p WHERE p.post_id = ${postId}`.execute(db);
  return rows[0]?.is_marked ?? false;
}
