/** How far a user has read, and what is new to them since. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';
import { maySeeCommentBy as mayHearOf, maySeePost } from '../users/audience.ts';

/** The most a count of unread entries says: it stands for so many or more, as a badge does. */
export const mostUnread = 100;
/** Groups that are looked at for it, for a user who may see next to nothing of what is new. */
const mostGroups = 1_000;

/**
 * How many entries of a user's list hold something they have not read: exact below `mostUnread`.
 *
 * @param userId internal id
 */
export async function countUnread(db: Db | Tx, userId: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    WITH seen AS (SELECT COALESCE((SELECT up_to FROM notification_reads WHERE user_id = ${userId}), 0) AS up_to)
    SELECT count(*) AS count FROM (
      SELECT FROM seen, LATERAL (
        SELECT id FROM notification_groups WHERE user_id = ${userId} AND newest_id > seen.up_to
        ORDER BY newest_id DESC LIMIT ${mostGroups}) g
      WHERE EXISTS (
        SELECT FROM notifications n JOIN users actor ON actor.id = n.actor_id
          LEFT JOIN posts p ON p.id = n.post_id LEFT JOIN users author ON author.id = p.user_id
        WHERE n.group_id = g.id AND n.id > seen.up_to AND ${mayHearOf(userId, 'actor')}
          AND (n.post_id IS NULL OR ${maySeePost(userId, 'p', 'author')}))
      LIMIT ${mostUnread}) unread`.execute(db);
  return rows[0]?.count ?? 0;
}

/**
 * Notes that a user has read a notice and all before it. One that was taken back meanwhile stands for those
 * before it; who has read further stays there.
 *
 * @param userId internal id
 * @param notificationId public id
 * @returns whether that is further than before.
 */
export async function readUpTo(tx: Tx, userId: number, notificationId: string): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO notification_reads (user_id, up_to)
    SELECT user_id, id FROM notifications WHERE user_id = ${userId} AND notification_id <= ${notificationId}
    ORDER BY notification_id DESC LIMIT 1
    ON CONFLICT (user_id) DO UPDATE SET up_to = excluded.up_to
      WHERE notification_reads.up_to < excluded.up_to
    RETURNING up_to`.execute(tx);
  return rows.length > 0;
}
