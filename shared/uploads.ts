/** Uploads whose commit nobody knows of: while one is under way, its files are not removed. */
import { sql } from 'kysely';
import type { Db, Tx } from './db/index.ts';

const lockOf = (subject: string) => sql`hashtextextended(${`upload ${subject}`}, 0)`;

/**
 * Marks an upload as under way until its transaction has been committed, for everybody to see, or rolled back: also if the
 * connection is lost while Postgres still commits, as it may for as long as a standby is away.
 *
 * @param subject names the upload: the public id of what it makes, or the path of an avatar
 */
export async function lockUpload(tx: Tx, subject: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${lockOf(subject)})`.execute(tx);
}

/** @throws while the upload is under way; the job that asks is to come again. */
export async function refuseUnderWay(db: Db, subject: string): Promise<void> {
  const isOver = await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ is_free: boolean }>`
      SELECT pg_try_advisory_xact_lock(${lockOf(subject)}) AS is_free`.execute(tx);
    return rows[0]?.is_free ?? false;
  });
  if (!isOver) throw new Error(`the upload ${subject} may still be committed`);
}
