/**
 * What keeps a follow from appearing beside a block, and a request from waiting for a public account: whoever
 * changes what stands between two people does so one after the other. The locks are Postgres's advisory ones, so
 * a crowd that follows somebody famous waits for nobody; they end with their transaction.
 *
 * To never wait in a circle a transaction takes its locks before it writes anything, first the one of a
 * person's settings, then that between two people; of several of those the lowest key first.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../db/index.ts';

function keyBetween(one: number, other: number): RawBuilder<string> {
  return sql`hashtextextended(${`between ${Math.min(one, other)} ${Math.max(one, other)}`}, 0)`;
}

/** Waits until nobody else changes what stands between two people, by internal ids. */
export async function lockBetween(tx: Tx, one: number, other: number): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${keyBetween(one, other)})`.execute(tx);
}

/** Does so for one person and each of several others. */
export async function lockBetweenAll(tx: Tx, one: number, others: number[]): Promise<void> {
  if (others.length === 0) return;
  const keys = sql.join(others.map((other) => sql`(${keyBetween(one, other)})`));
  // OFFSET 0 keeps the planner from locking before it has sorted.
  await sql`SELECT pg_advisory_xact_lock(key)
    FROM (SELECT key FROM (VALUES ${keys}) AS keys (key) ORDER BY key OFFSET 0) sorted`.execute(tx);
}

/**
 * Waits until nobody changes a person's settings (`exclusive`: to change them; `shared`: to act on whether the
 * account is private, beside others who do).
 *
 * @param userId internal id
 */
export async function lockSettings(tx: Tx, userId: number, mode: 'shared' | 'exclusive'): Promise<void> {
  const lock = sql.raw(mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock');
  await sql`SELECT ${lock}(hashtextextended(${`settings ${userId}`}, 0))`.execute(tx);
}
