/**
 * The crossing: an author whose followers have become too many to push to is merged into feeds from then on, for
 * good. (Decision 9.)
 */
import { sql } from 'kysely';
import { exactCount } from '../shared/counts/index.ts';
import type { Db, Tx } from '../shared/db/index.ts';
import type { Tools } from '../shared/tools.ts';

/**
 * Looks whether the author has more followers than are pushed to, and if so says that feeds which are built from
 * now on leave the author to the merge. Posts are still pushed, until `stopPushing`.
 *
 * @param author.id internal id
 * @param postId whose receipt shows how far the crossing is
 */
export async function beginMerging(
  { config, db, outbox, wakeRelay }: Tools,
  author: { id: number; userId: string },
  postId: string,
): Promise<void> {
  const followers = await exactCount(db, 'user.followers', author.id);
  if (followers <= config.FANOUT_MAX) return;
  const hasBegun = await db.transaction().execute(async (tx) => {
    const { rows } = await sql`UPDATE users SET merged_since = now()
      WHERE id = ${author.id} AND merged_since IS NULL RETURNING id`.execute(tx);
    if (rows.length > 0) await outbox.emit(tx, 'authorMerged', postId, { userId: author.userId });
    return rows.length > 0;
  });
  if (hasBegun) await wakeRelay();
}

/** Ends the crossing: no feed is left that was built before it, so nothing has to be pushed any more. */
export async function stopPushing(db: Db | Tx, userId: string): Promise<void> {
  await sql`UPDATE users SET unpushed_since = now()
    WHERE user_id = ${userId} AND merged_since IS NOT NULL AND unpushed_since IS NULL`.execute(db);
}
