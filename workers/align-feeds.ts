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
    if (visible) await feeds.push(userIds, postId);
    else await feeds.drop(userIds, postId);
    const now = await read();
    if (now === visible) return visible;
    visible = now;
  }
}
