/** What the steps of removing an account have in common. */
import { type RawBuilder, sql } from 'kysely';
import type { Tools } from '../../shared/tools.ts';

/** The account that is removed, by both its ids. */
export type Account = { id: number; userId: string };

/**
 * Removes one kind of things, a batch at a time, until none is left. Each may run twice and may be cut off between any
 * two batches.
 */
export type Step = (tools: Tools, account: Account, signal: AbortSignal) => Promise<void>;

/** Rows one statement removes: it takes some ten milliseconds, and nobody waits long for what it locks. */
export const rowsPerBatch = 1_000;

/** Does a batch again and again until it says that there was nothing left to do. */
export async function untilNone(signal: AbortSignal, batch: () => Promise<number>): Promise<void> {
  for (let done = 1; done > 0; done = await batch()) signal.throwIfAborted();
}

/** The next rows of a table whose column names the account: a condition on that table. */
export function nextRows(table: string, column: string, { id }: Account): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref(`${table}.ctid`)} = ANY(ARRAY(
    SELECT ctid FROM ${sql.table(table)} WHERE ${sql.ref(column)} = ${id} LIMIT ${rowsPerBatch}))`;
}
