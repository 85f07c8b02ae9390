/**
 * Notices: what somebody did that a user should know of. A notice is a row, made in the transaction of its
 * cause or by a job; one that was not told live yet says so by its empty `told_at`.
 */
import { sql } from 'kysely';
import type { Tx } from '../db/index.ts';
import type { NotificationType } from '../db/schema.ts';
import { newId } from '../ids.ts';
import { avatarUrl } from '../posts/body.ts';
import type { Tools } from '../tools.ts';

/** Whom to tell of whose act, by internal ids. */
export type Notice = { userId: number; actorId: number; type: NotificationType; postId?: number };

/** How many notices one transaction tells. */
const batch = 100;

/**
 * Notes that a user is to be told. One cause is told once: the same notice again, and one about oneself,
 * change nothing.
 *
 * @returns whether it is new.
 */
export async function notify(tx: Tx, { userId, actorId, type, postId }: Notice): Promise<boolean> {
  if (userId === actorId) return false;
  const row = await tx
    .insertInto('notifications')
    .values({
      notification_id: newId('notification'),
      user_id: userId,
      actor_id: actorId,
      type,
      post_id: postId ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Takes a notice back because its cause is undone. @returns whether there was one. */
export async function withdraw(tx: Tx, { userId, actorId, type, postId }: Notice): Promise<boolean> {
  const row = await tx
    .deleteFrom('notifications')
    .where('user_id', '=', userId)
    .where('actor_id', '=', actorId)
    .where('type', '=', type)
    .where('post_id', postId === undefined ? 'is' : '=', postId ?? null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
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
};

/**
 * Tells live what was not told yet: `{notification_id, type, actor, post_id?, created_at}`. A crash in the
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
        actor.username, actor.profile_pic_url, actor.is_verified, p.post_id
      FROM notifications n JOIN users told ON told.id = n.user_id JOIN users actor ON actor.id = n.actor_id
        LEFT JOIN posts p ON p.id = n.post_id
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
    actor: {
      user_id: row.user_id,
      username: row.username,
      profile_pic_url: avatarUrl(cdn, row.user_id, row.profile_pic_url),
      is_verified: row.is_verified,
    },
    ...(row.post_id === null ? {} : { post_id: row.post_id }),
    created_at: row.created_at.toISOString(),
  };
}
