/** Tells the owner of a private account who asks to follow them, unless the request is withdrawn or answered. */
import { sql } from 'kysely';
import type { Handler } from '../handler.ts';
import { tellBetween } from '../tell-between.ts';

export const notifyRequested: Handler<'notify-requested'> = ({ requesterId, userId }, { tools }) =>
  tellBetween(
    tools,
    'follow_request',
    { actorId: requesterId, toldId: userId },
    async (tx, { actorId, toldId }) => {
      const { rows } = await sql`SELECT FROM follow_requests
        WHERE requester_id = ${actorId} AND requested_id = ${toldId}`.execute(tx);
      return rows.length > 0;
    },
  );
