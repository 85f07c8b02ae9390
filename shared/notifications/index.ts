/**
 * Notices: what somebody did that a user should know of. A notice is a row, made by a job of its cause; one that
 * was not told live yet says so by its empty `told_at`.
 */
import { sql } from 'kysely';
import type { Tx } from '../db/index.ts';
import type { NotificationType } from '../db/schema.ts';
import { newId } from '../ids.ts';
import type { Tools } from '../tools.ts';
import { maySeeCommentBy as mayHearOf } from '../users/audience.ts';
import { cardOf } from '../users/cards.ts';
import type { Cause } from './cause.ts';
import { bumpGroup, lockGroup, openGroup } from './groups.ts';

/** A cause, and whose act it was. */
export type Notice = Cause & { actorId: number };
type LikeCause = Cause & { type: 'like' | 'comment_like' };

/** How many notices one transaction tells. */
const batch = 100;

/**
 * Notes that a user is to be told. One cause is told once: the same notice again, and one about oneself,
 * change nothing; of each other's acts people with a block between them hear nothing, nor anybody of those of
 * a hidden account.
 *
 * A user's notices are made one transaction after the other. One that tells several users does so in the order
 * of their ids.
 *
 * @returns whether it is new.
 */
export async function notify(tx: Tx, { actorId, ...cause }: Notice): Promise<boolean> {
  return (await add(tx, cause, [actorId])) > 0;
}

/** Does so of the likes of several people at once. @returns how many notices are new. */
export async function notifyOfLikes(tx: Tx, cause: LikeCause, actorIds: number[]): Promise<number> {
  return actorIds.length === 0 ? 0 : add(tx, cause, actorIds);
}

async function add(tx: Tx, cause: Cause, actorIds: number[]): Promise<number> {
  const { userId, type, postId = null, commentId = null } = cause;
  const groupId = await lockGroup(tx, cause);
  // Sorted, so that public ids rise with the internal ones also within a millisecond.
  const publicIds = actorIds.map(() => newId('notification')).sort();
  const { rows } = await sql`
    WITH fresh AS MATERIALIZED (
      SELECT nextval('notifications_id_seq') AS id, actor_id, notification_id FROM (
        SELECT act.actor_id, act.notification_id
        FROM unnest(${actorIds}::bigint[], ${publicIds}::text[])
            WITH ORDINALITY AS act (actor_id, notification_id, nth)
          JOIN users actor ON actor.id = act.actor_id
        WHERE actor.id <> ${userId} AND ${mayHearOf(userId, 'actor')}
          AND NOT EXISTS (SELECT FROM notifications n WHERE n.user_id = ${userId} AND n.actor_id = actor.id
            AND n.type = ${type} AND n.post_id IS NOT DISTINCT FROM ${postId}::bigint
            AND n.comment_id IS NOT DISTINCT FROM ${commentId}::bigint)
        ORDER BY act.nth) in_order
    ), its_group AS (
      ${groupId === undefined ? openGroup(cause) : bumpGroup(groupId)}
    )
    INSERT INTO notifications (id, notification_id, user_id, actor_id, type, post_id, comment_id, group_id)
    SELECT fresh.id, fresh.notification_id, ${userId}, fresh.actor_id, ${type}, ${postId}, ${commentId}, its_group.id
    FROM fresh, its_group RETURNING id`.execute(tx);
  return rows.length;
}

/** Takes a notice back because its cause is undone. @returns whether there was one. */
export async function withdraw(tx: Tx, { actorId, ...cause }: Notice): Promise<boolean> {
  return (await remove(tx, cause, [actorId])) > 0;
}

/** Does so of the likes of several people at once. @returns how many notices there were. */
export async function withdrawLikes(tx: Tx, cause: LikeCause, actorIds: number[]): Promise<number> {
  return actorIds.length === 0 ? 0 : remove(tx, cause, actorIds);
}

async function remove(tx: Tx, cause: Cause, actorIds: number[]): Promise<number> {
  const { userId, type, postId = null, commentId = null } = cause;
  const { rows } = await sql`
    DELETE FROM notifications WHERE user_id = ${userId} AND actor_id = ANY(${actorIds}) AND type = ${type}
      AND post_id IS NOT DISTINCT FROM ${postId}::bigint
      AND comment_id IS NOT DISTINCT FROM ${commentId}::bigint
    RETURNING id`.execute(tx);
  return rows.length;
}

/** Which notices: those of one post, of one user (internal ids), or made at least so long ago. */
export type Untold = { postId?: number; userId?: number; olderThanS?: number };

type Row = {
  id: number;
  notification_id: string;
  group_id: string;
  type: NotificationType;
  created_at: Date;
  told_user_id: string;
  may_hear: boolean;
  user_id: string;
  username: string;
  profile_pic_url: string | null;
  is_verified: boolean;
  post_id: string | null;
  comment_id: string | null;
};

/**
 * Tells live what was not told yet: `{notification_id, group_id, type, actor, post_id?, comment_id?, created_at}`.
 * A crash in the middle tells some again; two calls at once share the work.
 *
 * @returns how many there were.
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
      SELECT n.id, n.notification_id, g.group_id, n.type, n.created_at, told.user_id AS told_user_id,
        ${mayHearOf(sql.ref<number>('told.id'), 'actor')} AS may_hear, actor.user_id, actor.username,
        actor.profile_pic_url, actor.is_verified, p.post_id, c.comment_id
      FROM notifications n JOIN notification_groups g ON g.id = n.group_id
        JOIN users told ON told.id = n.user_id JOIN users actor ON actor.id = n.actor_id
        LEFT JOIN posts p ON p.id = n.post_id LEFT JOIN comments c ON c.id = n.comment_id
      WHERE n.told_at IS NULL
        ${postId === undefined ? sql`` : sql`AND n.post_id = ${postId}`}
        ${userId === undefined ? sql`` : sql`AND n.user_id = ${userId}`}
        ${olderThanS === undefined ? sql`` : sql`AND n.created_at < now() - make_interval(secs => ${olderThanS})`}
      ORDER BY n.id LIMIT ${batch} FOR UPDATE OF n SKIP LOCKED`.execute(tx);
    if (rows.length === 0) return 0;
    // A block or a suspension may have come between since.
    const heard = rows.filter((row) => row.may_hear);
    await Promise.all(
      heard.map((row) => live.tell([row.told_user_id], 'notification', dataOf(row, config.CDN_BASE_URL))),
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
    group_id: row.group_id,
    type: row.type,
    actor: cardOf(cdn, row),
    ...(row.post_id === null ? {} : { post_id: row.post_id }),
    ...(row.comment_id === null ? {} : { comment_id: row.comment_id }),
    created_at: row.created_at.toISOString(),
  };
}
