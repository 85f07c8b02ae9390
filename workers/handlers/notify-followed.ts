/** Tells a user of a new follower, unless that has changed its mind. */
import type { Handler } from '../handler.ts';
import { doesFollow, tellBetween } from '../tell-between.ts';

export const notifyFollowed: Handler<'notify-followed'> = ({ followerId, userId }, { tools }) =>
  tellBetween(tools, 'follow', { actorId: followerId, toldId: userId }, (tx, { actorId, toldId }) =>
    doesFollow(tx, actorId, toldId),
  );
