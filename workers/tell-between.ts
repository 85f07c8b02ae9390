/** Notices of follows and requests, exact although people change their minds meanwhile. */
import { sql } from 'kysely';
import type { Tx } from '../shared/db/index.ts';
import type { NotificationType } from '../shared/db/schema.ts';
import { notify, tellUntold } from '../shared/notifications/index.ts';
import type { Tools } from '../shared/tools.ts';
import { lockBetween } from '../shared/users/locks.ts';

/** Internal ids: who did something, and who is told. */
export type Pair = { actorId: number; toldId: number };

/**
 * Finds two people and keeps what stands between them as it is until the transaction ends.
 *
 * @returns undefined if one of them is gone.
 */
export async function lockPair(tx: Tx, actorId: string, toldId: string): Promise<Pair | undefined> {
  const { rows } =
    await sql<Pair>`SELECT actor.id AS "actorId", told.id AS "toldId" FROM users actor, users told
    WHERE actor.user_id = ${actorId} AND told.user_id = ${toldId}`.execute(tx);
  const [pair] = rows;
  if (pair) await lockBetween(tx, pair.actorId, pair.toldId);
  return pair;
}

/**
 * Tells one person what another did, if it still stands. Whoever undoes it takes the notice back under the same
 * lock, so none is left over.
 *
 * @param actorId public id, as `toldId`
 */
export async function tellBetween(
  tools: Tools,
  type: NotificationType,
  { actorId, toldId }: { actorId: string; toldId: string },
  stands: (tx: Tx, pair: Pair) => Promise<boolean>,
): Promise<void> {
  const told = await tools.db.transaction().execute(async (tx) => {
    const pair = await lockPair(tx, actorId, toldId);
    if (!pair || !(await stands(tx, pair))) return undefined;
    await notify(tx, { userId: pair.toldId, actorId: pair.actorId, type });
    return pair.toldId;
  });
  if (told !== undefined) await tellUntold(tools, { userId: told });
}

/** Does one follow the other? */
export async function doesFollow(tx: Tx, followerId: number, followedId: number): Promise<boolean> {
  const { rows } = await sql`SELECT FROM follows
    WHERE follower_id = ${followerId} AND following_id = ${followedId}`.execute(tx);
  return rows.length > 0;
}
