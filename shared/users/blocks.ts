/** Blocks: what has to go when one comes between two people. */
import { sql } from 'kysely';
import type { Tx } from '../db/index.ts';

/** Removes what two people, by internal ids, were told of each other. */
export async function forgetNoticesBetween(tx: Tx, one: number, other: number): Promise<void> {
  await sql`DELETE FROM notifications WHERE (user_id = ${one} AND actor_id = ${other})
    OR (user_id = ${other} AND actor_id = ${one})`.execute(tx);
}
