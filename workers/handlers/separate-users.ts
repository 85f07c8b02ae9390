/**
 * Makes sure that nothing cached connects two people between whom there is a block by now, and that no notice of
 * one to the other is left. The request did so already; this comes after everything that was under way then.
 */
import { sql } from 'kysely';
import { forgetNoticesBetween } from '../../shared/users/blocks.ts';
import type { Handler } from '../handler.ts';
import { lockPair } from '../tell-between.ts';

export const separateUsers: Handler<'separate-users'> = async ({ blockerId, userId }, { tools }) => {
  const { db, feeds, trays, graph, profiles } = tools;
  await db.transaction().execute(async (tx) => {
    const pair = await lockPair(tx, blockerId, userId);
    if (!pair) return;
    const { rows } = await sql`SELECT FROM blocks
      WHERE blocker_id = ${pair.actorId} AND blocked_id = ${pair.toldId}`.execute(tx);
    if (rows.length > 0) await forgetNoticesBetween(tx, pair.actorId, pair.toldId);
  });
  await Promise.all(
    [blockerId, userId].flatMap((id) => [
      feeds.forget(id),
      trays.forget(id),
      graph.forget(id),
      profiles.forgetCounts(id),
    ]),
  );
};
