/** Brings the index in line with the row a document is made from, also while others do the same. */
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { Db } from '../db/index.ts';
import { readDocument } from './documents.ts';
import { type SearchIndex, SearchStaleError, type SearchType } from './index.ts';

/** Now in microseconds, by Postgres's clock, which all processes share. */
export async function searchTime(db: Db): Promise<number> {
  const { rows } = await sql<{ now: number }>`
    SELECT trunc(extract(epoch FROM clock_timestamp()) * 1000000)::float8 AS now`.execute(db);
  return (rows[0] as { now: number }).now;
}

/**
 * Puts what Postgres has, or removes the document if that is nothing, and reads again: of two that do this at
 * once the slower may have read an older state, so whoever writes looks whether it still stands.
 *
 * The time of a write is taken before its state is read. So the newest write is by somebody who looks afterwards,
 * and whoever is told that a newer one stands reads anew and goes above it: also clocks that were set back mend.
 */
export async function alignIndex(
  { db, search }: { db: Db; search: SearchIndex },
  type: SearchType,
  id: string,
): Promise<void> {
  let least = 0;
  for (;;) {
    const asOf = Math.max(await searchTime(db), least);
    const document = await readDocument(db, type, id);
    try {
      if (document) await search.put(document, asOf);
      else await search.remove(type, id, asOf);
    } catch (error) {
      if (!(error instanceof SearchStaleError)) throw error;
      least = error.standing + 1;
      continue;
    }
    if (isDeepStrictEqual(await readDocument(db, type, id), document)) return;
  }
}
