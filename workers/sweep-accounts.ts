/** The sweep of accounts: archives past their time go, and a removal that failed for good is taken up again. */
import { sql } from 'kysely';
import { archiveKey } from '../shared/exports/index.ts';
import type { Tools } from '../shared/tools.ts';

/** Archives one sweep removes. */
const batch = 1_000;
/** A removal that failed eight times waits for what kept it from being done. */
const repeatHours = 1;

/** Removes the archives that have expired, and what is known of exports that came to nothing. @returns how many. */
export async function removeExpiredExports({ db, images }: Tools): Promise<number> {
  const { rows } = await sql<{ id: number; export_id: string; user_id: string }>`
    SELECT x.id, x.export_id, u.user_id FROM exports x JOIN users u ON u.id = x.user_id
    WHERE x.expires_at < now() ORDER BY x.expires_at LIMIT ${batch}`.execute(db);
  for (const { id, export_id, user_id } of rows) {
    // The file first: without its row nobody would know of it.
    await images.remove(archiveKey(user_id, export_id));
    await db.deleteFrom('exports').where('id', '=', id).execute();
  }
  return rows.length;
}

/** Has removals of accounts tried again that failed for good: whoever left was told that all of it goes. */
export async function repeatRemovals({ db, log }: Tools): Promise<number> {
  const { rows } = await sql`UPDATE effects SET state = 'pending', finished_at = NULL,
      touched_at = now() - interval '1 day'
    WHERE job = 'remove-account' AND state = 'failed'
      AND finished_at < now() - make_interval(hours => ${repeatHours}) RETURNING event_id`.execute(db);
  if (rows.length > 0)
    log.error({ accounts: rows.length }, 'accounts whose removal failed are removed again');
  return rows.length;
}
