/**
 * Notices: what somebody did that a user should know of. A notice is a row, made in the transaction of its
 * cause or by a job; one that was not told live yet says so by its empty `told_at`.
 */
import { sql } from 'kysely';
import type { Tx } from '../db/index.ts';
import type { NotificationType } from '../db/schema.ts';
import { newId } from '../ids.ts';
import type { Tools } from '../tools.ts';
import { cardOf } from '../users/cards.ts';

/** Whom to tell of whose act, by internal ids. A notice about a comment names its post, too. */
export type Notice = {
  userId: number;
  actorId: number;
  type: NotificationType;
  postId?: number;
  commentId?: number;
};

/** How many notices one transaction tells. */
const batch = 100;

/**
 * Notes that a user is to be told. One cause is told once: the same notice again, and one about oneself,
 * change nothing; of each other's acts people with a block between them hear nothing.
 *
 * @returns whether it is new.
 */
export async function notify(tx: Tx, { userId, actorId, type, postId, commentId }: Notice): Promise<boolean> {
  if (userId === actorId) return false;
  const { rows } = await sql`
    INSERT INTO notifications (notification_id, user_id, actor_id, type, post_id, comment_id)
    SELECT ${newId('notification')}, ${userId}, ${actorId}, ${type}, ${postId ?? null}, ${commentId ?? null}
    WHERE NOT EXISTS (SELECT FROM blocks WHERE (blocker_id = ${userId} AND blocked_id = ${actorId})
      OR (blocker_id = ${actorId} AND blocked_id = ${userId}))
    ON CONFLICT DO NOTHING RETURNING id`.execute(tx);
  return rows.length > 0;
}

/** Takes a notice back because its cause is undone. @returns whether there was one. */
export async function withdraw(
  tx: Tx,
  { userId, actorId, type, postId, commentId }: Notice,
): Promise<boolean> {
  const { rows } = await sql`
    DELETE FROM notifications WHERE user_id = ${userId} AND actor_id = ${actorId} AND type = ${type}
      AND post_id IS NOT DISTINCT FROM ${postId ?? null}::bigint
      AND comment_id IS NOT DISTINCT FROM ${commentId ?? null}::bigint
    RETURNING id`.execute(tx);
  return rows.length > 0;
}

/** Which notices: those of one post, of one user (internal ids), or made at least so long ago. */
export type Untold = { postId?: number; userId?: number; olderThanS?: number };

type Row = {
  id: number;
  notification_id: string;
  type: NotificationType;
  created_at: Date;
  told_user_id: string;
  user_id: string;
  username: string;
  profile_pic_url: string | null;
  is_verified: boolean;
  post_id: string | null;
  comment_id: string | null;
};

/**
 * Tells live what was not told yet: `{notification_id, type, actor, post_id?, comment_id?, created_at}`. A crash in the
 * middle tells some again; two calls at once share the work.
 *
 * @returns how many were told.
 */
export async function tellUntold(tools: Tools, where: Untold): Promise<number> {
  let told = 0;
  for (;;) {
    const count = await tellBatch(tools, where);
    told += count;
    if (count < batch) return told;
  }
}

async function tellBatch(
  { db, live, config }: Tools,
  { postId, userId, olderThanS }: Untold,
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<Row>`
      SELECT n.id, n.notification_id, n.type, n.created_at, told.user_id AS told_user_id, actor.user_id,
        actor.username, actor.profile_pic_url, actor.is_verified, p.post_id, c.comment_id
      FROM notifications n JOIN users told ON told.id = n.user_id JOIN users actor ON actor.id = n.actor_id
        LEFT JOIN posts p ON p.id = n.post_id LEFT JOIN comments c ON c.id = n.comment_id
      WHERE n.told_at IS NULL
        ${postId === undefined ? sql`` : sql`AND n.post_id = ${postId}`}
        ${userId === undefined ? sql`` : sql`AND n.user_id = ${userId}`}
        ${olderThanS === undefined ? sql`` : sql`AND n.created_at < now() - make_interval(secs => ${olderThanS})`}
      ORDER BY n.id LIMIT ${batch} FOR UPDATE OF n SKIP LOCKED`.execute(tx);
    if (rows.length === 0) return 0;
    await Promise.all(
      rows.map((row) => live.tell([row.told_user_id], 'notification', dataOf(row, config.CDN_BASE_URL))),
    );
    await tx
      .updateTable('notifications')
      .set({ told_at: sql<Date>`now()` })
      .where(
        'id',
        'in',
        rows.map(({ id }) => id),
      )
      .execute();
    return rows.length;
  });
}

function dataOf(row: Row, cdn: string): Record<string, unknown> {
  return {
    notification_id: row.notification_id,
    type: row.type,
    actor: cardOf(cdn, row),
    ...(row.post_id === null ? {} : { post_id: row.post_id }),
    ...(row.comment_id === null ? {} : { comment_id: row.comment_id }),
    created_at: row.created_at.toISOString(),
  };
}
