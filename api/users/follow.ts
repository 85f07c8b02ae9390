/** Following and unfollowing: the row, the deltas, and a feed that is rebuilt on its next read. */
import { z } from 'zod';
import { exactCount } from '../../shared/counts/index.ts';
import { isDangling } from '../../shared/db/index.ts';
import { fail, notFound } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import { standingOf } from '../../shared/users/audience.ts';
import {
  beginFollow,
  beginRequest,
  endFollow,
  endRequest,
  forgetFollow,
} from '../../shared/users/follows.ts';
import { lockBetween, lockSettings } from '../../shared/users/locks.ts';
import type { Viewer, Write } from '../route.ts';
import { type FoundUser, findUser } from './find-user.ts';

export const followReplySchema = z
  .object({
    user_id: z.string(),
    is_following: z.boolean(),
    is_requested: z.boolean().describe('The account is private, and its owner has not answered yet.'),
    follower_count: z.int(),
  })
  .meta({ id: 'FollowState' });

/**
 * Makes the viewer follow the user, or ask to if the account is private; doing so twice changes nothing.
 *
 * @throws {Failure} NOT_FOUND; INVALID_INPUT for oneself; FORBIDDEN if the viewer blocked the user.
 */
export async function follow(tools: Tools, viewer: Viewer, name: string, write: Write) {
  const user = await findOther(tools, viewer, name);
  let follows = false;
  let isNew = false;
  return write(
    async (tx) => {
      await lockSettings(tx, user.id, 'shared');
      await lockBetween(tx, viewer.id, user.id);
      const standing = await standingOf(tx, viewer.id, user.id);
      if (!standing) notFound('User', 'user_id', name);
      if (standing.blocks) {
        const reason = 'You blocked this account; lift the block before you follow it';
        fail('FORBIDDEN', { field: 'user_id', reason });
      }
      follows = standing.follows || !standing.isPrivate;
      if (!standing.follows) {
        const begin = standing.isPrivate ? beginRequest : beginFollow;
        isNew = await begin(tools, tx, viewer, user).catch((error: unknown) => {
          // Deleted since it was found.
          if (isDangling(error)) notFound('User', 'user_id', name);
          throw error;
        });
      }
      return {
        user_id: user.userId,
        is_following: follows,
        is_requested: !follows,
        follower_count: await exactCount(tx, 'user.followers', user.id),
      };
    },
    async () => {
      if (!isNew) return;
      await Promise.all([tools.wakeRelay(), follows ? forgetFollow(tools, viewer, user) : undefined]);
    },
  );
}

/**
 * Makes the viewer follow the user no longer, nor ask to; doing so twice changes nothing.
 *
 * @throws {Failure} NOT_FOUND; INVALID_INPUT for oneself.
 */
export async function unfollow(tools: Tools, viewer: Viewer, name: string, write: Write) {
  const user = await findOther(tools, viewer, name);
  let hasEnded = false;
  return write(
    async (tx) => {
      await lockBetween(tx, viewer.id, user.id);
      await endRequest(tx, viewer, user);
      hasEnded = await endFollow(tx, viewer, user);
      if (hasEnded) {
        await tools.outbox.emit(tx, 'userUnfollowed', user.userId, { followerId: viewer.userId });
      }
      return {
        user_id: user.userId,
        is_following: false,
        is_requested: false,
        follower_count: await exactCount(tx, 'user.followers', user.id),
      };
    },
    async () => {
      if (hasEnded) await Promise.all([tools.wakeRelay(), forgetFollow(tools, viewer, user)]);
    },
  );
}

async function findOther(tools: Tools, viewer: Viewer, name: string): Promise<FoundUser> {
  const user = await findUser(tools, viewer, name);
  if (user.id === viewer.id) {
    fail('INVALID_INPUT', { field: 'user_id', reason: 'You cannot follow yourself' });
  }
  return user;
}
