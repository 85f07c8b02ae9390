/** Tells a follower that their request was accepted, unless they have left again. */
import type { Handler } from '../handler.ts';
import { doesFollow, tellBetween } from '../tell-between.ts';

export const notifyAccepted: Handler<'notify-accepted'> = ({ followerId, userId }, { tools }) =>
  tellBetween(tools, 'follow_accepted', { actorId: userId, toldId: followerId }, (tx, { actorId, toldId }) =>
    doesFollow(tx, toldId, actorId),
  );
