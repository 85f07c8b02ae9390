/** One part of forgetting the cached feeds of all followers of a user. */
import { sql } from 'kysely';
import { effectPartDone } from '../../shared/effects.ts';
import { stopPushing } from '../begin-merging.ts';
import { forgetPart } from '../forget-feeds.ts';
import type { Handler } from '../handler.ts';

export const forgetFeeds: Handler<'forget-feeds'> = async (
  { userId, eventId, of: job, part, afterId, upToId },
  { tools },
) => {
  const { db } = tools;
  const user = await db.selectFrom('users').select('id').where('user_id', '=', userId).executeTakeFirst();
  if (user) await forgetPart(tools, user.id, { afterId, upToId });
  await db.transaction().execute(async (tx) => {
    await effectPartDone(tx, { eventId, job }, part);
    if (job !== 'merge-author') return;
    // In the transaction that closes the effect: afterwards nobody would come back to do it.
    const { rows } = await sql`SELECT FROM effects
      WHERE event_id = ${eventId} AND job = ${job} AND state = 'done'`.execute(tx);
    if (rows.length > 0) await stopPushing(tx, userId);
  });
};
