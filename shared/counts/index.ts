/**
 * Counts: a write adds a row to `count_deltas` beside its fact, never touches the counted row, and so costs
 * the same on a viral post as on any other. One coalesced job per target adds the deltas up.
 *
 * Decision 5 says why.
 */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';
import type { Schema } from '../db/schema.ts';
import type { Counter } from './counters.ts';

/** The column each counter is kept in. */
export const countedColumns = {
  'post.likes': { table: 'posts', column: 'like_count' },
  'post.comments': { table: 'posts', column: 'comment_count' },
  'post.saves': { table: 'posts', column: 'save_count' },
  'comment.likes': { table: 'comments', column: 'like_count' },
  'comment.replies': { table: 'comments', column: 'reply_count' },
  'user.posts': { table: 'users', column: 'post_count' },
  'user.followers': { table: 'users', column: 'follower_count' },
  'user.following': { table: 'users', column: 'following_count' },
  'hashtag.posts': { table: 'hashtags', column: 'post_count' },
  'location.posts': { table: 'locations', column: 'post_count' },
} as const satisfies Record<Counter, { table: keyof Schema; column: string }>;

/**
 * Notes a change of a count in the transaction of its cause.
 *
 * @param actorId internal id of who caused it, where the roll-up has somebody to tell
 * @returns the number of the act; acts of one user on one target have rising numbers.
 */
export async function addDelta(
  tx: Tx,
  counter: Counter,
  targetId: number,
  delta: number,
  actorId?: number,
): Promise<number> {
  const row = await tx
    .insertInto('count_deltas')
    .values({ counter, target_id: targetId, delta, actor_id: actorId ?? null })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** True if another act of the same user on the same target waits to be counted. */
export async function actsTwice(
  tx: Tx,
  counter: Counter,
  targetId: number,
  actorId: number,
  act: number,
): Promise<boolean> {
  const { rows } = await sql`SELECT FROM count_deltas WHERE counter = ${counter} AND target_id = ${targetId}
    AND actor_id = ${actorId} AND id <> ${act} LIMIT 1`.execute(tx);
  return rows.length > 0;
}

/** The exact count now: what was rolled up plus what waits. */
export async function exactCount(db: Db | Tx, counter: Counter, targetId: number): Promise<number> {
  const { table, column } = countedColumns[counter];
  const { rows } = await sql<{ count: number }>`
    SELECT t.${sql.ref(column)} + COALESCE((SELECT sum(delta) FROM count_deltas
      WHERE counter = ${counter} AND target_id = t.id), 0)::int AS count
    FROM ${sql.table(table)} t WHERE t.id = ${targetId}`.execute(db);
  return rows[0]?.count ?? 0;
}
