/** Makes follows of all requests that wait for an account which has become public, a batch at a time. */
import { acceptOldestRequests, forgetFollow, type Person } from '../../shared/users/follows.ts';
import { lockSettings } from '../../shared/users/locks.ts';
import type { Handler } from '../handler.ts';

/** About half a second of work, so that nobody who is asked for waits long for the locks. */
const batch = 100;

export const acceptRequests: Handler<'accept-requests'> = async ({ userId }, { tools, signal }) => {
  for (let mayBeMore = true; mayBeMore; ) {
    signal.throwIfAborted();
    let requested: Person | undefined;
    const taken = await tools.db.transaction().execute(async (tx) => {
      const find = () =>
        tx.selectFrom('users').select(['id', 'is_private']).where('user_id', '=', userId).executeTakeFirst();
      const found = await find();
      if (!found) return undefined;
      await lockSettings(tx, found.id, 'shared');
      // Private again since.
      if ((await find())?.is_private !== false) return undefined;
      requested = { id: found.id, userId };
      return acceptOldestRequests(tools, tx, requested, batch);
    });
    if (!taken || !requested) return;
    for (const follower of taken.accepted) await forgetFollow(tools, follower, requested);
    await tools.wakeRelay();
    mayBeMore = taken.mayBeMore;
  }
};
