/** Answering requests to follow one's private account. */
import { z } from 'zod';
import { exactCount } from '../../shared/counts/index.ts';
import { notFound } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import { standingOf } from '../../shared/users/audience.ts';
import { acceptRequest, endRequest, forgetFollow } from '../../shared/users/follows.ts';
import { lockBetween } from '../../shared/users/locks.ts';
import type { Viewer, Write } from '../route.ts';
import { findUser } from './find-user.ts';

export const requestReplySchema = z
  .object({
    user_id: z.string(),
    is_followed_by: z.boolean().describe('That user follows the caller now.'),
    follower_count: z.int().describe("The caller's followers."),
  })
  .meta({ id: 'FollowRequestState' });

/**
 * Lets the requester follow the viewer. Doing so twice changes nothing.
 *
 * @throws {Failure} NOT_FOUND if there is no such user, or they neither ask nor follow.
 */
export async function accept(tools: Tools, viewer: Viewer, name: string, write: Write) {
  const requester = await findUser(tools, viewer, name);
  let isNew = false;
  return write(
    async (tx) => {
      await lockBetween(tx, viewer.id, requester.id);
      isNew = await acceptRequest(tools, tx, requester, viewer);
      if (!isNew && !(await standingOf(tx, viewer.id, requester.id))?.isFollowedBy) {
        notFound('Follow request', 'user_id', name);
      }
      return {
        user_id: requester.userId,
        is_followed_by: true,
        follower_count: await exactCount(tx, 'user.followers', viewer.id),
      };
    },
    async () => {
      if (isNew) await Promise.all([tools.wakeRelay(), forgetFollow(tools, requester, viewer)]);
    },
  );
}

/**
 * Sends the requester away without a word. Doing so twice changes nothing; a follow that was accepted stands.
 *
 * @throws {Failure} NOT_FOUND if there is no such user.
 */
export async function decline(tools: Tools, viewer: Viewer, name: string, write: Write) {
  const requester = await findUser(tools, viewer, name);
  return write(async (tx) => {
    await lockBetween(tx, viewer.id, requester.id);
    await endRequest(tx, requester, viewer);
    const standing = await standingOf(tx, viewer.id, requester.id);
    return {
      user_id: requester.userId,
      is_followed_by: standing?.isFollowedBy ?? false,
      follower_count: await exactCount(tx, 'user.followers', viewer.id),
    };
  });
}
