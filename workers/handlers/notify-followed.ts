/** Tells a user of a new follower, unless that has changed its mind. */
import { notify, tellUntold } from '../../shared/notifications/index.ts';
import type { Handler } from '../handler.ts';

export const notifyFollowed: Handler<'notify-followed'> = async ({ followerId, userId }, { tools }) => {
  const follow = await tools.db
    .selectFrom('follows as f')
    .innerJoin('users as follower', 'follower.id', 'f.follower_id')
    .innerJoin('users as followed', 'followed.id', 'f.following_id')
    .select(['f.follower_id', 'f.following_id'])
    .where('follower.user_id', '=', followerId)
    .where('followed.user_id', '=', userId)
    .executeTakeFirst();
  if (!follow) return;
  await tools.db
    .transaction()
    .execute((tx) =>
      notify(tx, { userId: follow.following_id, actorId: follow.follower_id, type: 'follow' }),
    );
  await tellUntold(tools, { userId: follow.following_id });
};
