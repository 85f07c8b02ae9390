/** Following and unfollowing: the row, the deltas, and a feed that is rebuilt on its next read. */
import { z } from 'zod';
import { addDelta, exactCount } from '../../shared/counts/index.ts';
import { fail, notFound } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Viewer, Write } from '../route.ts';
import { findUser } from './find-user.ts';

export const followReplySchema = z
  .object({
    user_id: z.string(),
    is_following: z.boolean(),
    is_requested: z.boolean(),
    follower_count: z.int(),
  })
  .meta({ id: 'FollowState' });

/** Makes the viewer follow the user, or not; doing so twice changes nothing. */
export async function setFollowing(
  tools: Tools,
  viewer: Viewer,
  name: string,
  following: boolean,
  write: Write,
) {
  const user = await findUser(tools, name);
  if (!user) notFound('User', 'user_id', name);
  if (user.id === viewer.id)
    fail('INVALID_INPUT', { field: 'user_id', reason: 'You cannot follow yourself' });
  let changed = false;
  return write(
    async (tx) => {
      const row = following
        ? await tx
            .insertInto('follows')
            .values({ follower_id: viewer.id, following_id: user.id })
            .onConflict((conflict) => conflict.doNothing())
            .returning('id')
            .executeTakeFirst()
        : await tx
            .deleteFrom('follows')
            .where('follower_id', '=', viewer.id)
            .where('following_id', '=', user.id)
            .returning('id')
            .executeTakeFirst();
      if (row) {
        changed = true;
        const delta = following ? 1 : -1;
        await addDelta(tx, 'user.followers', user.id, delta);
        await addDelta(tx, 'user.following', viewer.id, delta);
        const event = following ? 'userFollowed' : 'userUnfollowed';
        await tools.outbox.emit(tx, event, user.userId, { followerId: viewer.userId, userId: user.userId });
      }
      return {
        user_id: user.userId,
        is_following: following,
        is_requested: false,
        follower_count: await exactCount(tx, 'user.followers', user.id),
      };
    },
    async () => {
      if (!changed) return;
      await Promise.all([
        tools.feeds.forget(viewer.userId),
        tools.graph.forget(viewer.userId),
        tools.profiles.forgetCounts(viewer.userId),
        tools.profiles.forgetCounts(user.userId),
        tools.wakeRelay(),
        tools.rollUp('user.followers', user.id),
        tools.rollUp('user.following', viewer.id),
      ]);
    },
  );
}
