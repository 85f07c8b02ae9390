/** Blocking: a row, and the end of everything that connects the two. */
import { z } from 'zod';
import { isDangling } from '../../shared/db/index.ts';
import { fail, notFound } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import { standingOf } from '../../shared/users/audience.ts';
import { forgetNoticesBetween } from '../../shared/users/blocks.ts';
import { endFollow, endRequest, forgetFollow, type Person } from '../../shared/users/follows.ts';
import { lockBetween } from '../../shared/users/locks.ts';
import type { Viewer, Write } from '../route.ts';
import { type FoundUser, findBlockableUser } from './find-user.ts';

export const blockReplySchema = z
  .object({ user_id: z.string(), is_blocked: z.boolean() })
  .meta({ id: 'BlockState' });

/**
 * Blocks a user: neither sees anything of the other, and no follow or request is left between them. Doing so twice
 * changes nothing.
 *
 * @throws {Failure} NOT_FOUND; INVALID_INPUT for oneself.
 */
export async function block(tools: Tools, viewer: Viewer, name: string, write: Write) {
  const user = await findOther(tools, viewer, name);
  let isNew = false;
  const ended: [follower: Person, followed: Person][] = [];
  return write(
    async (tx) => {
      await lockBetween(tx, viewer.id, user.id);
      const row = await tx
        .insertInto('blocks')
        .values({ blocker_id: viewer.id, blocked_id: user.id })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
        .catch((error: unknown) => {
          // Deleted since it was found.
          if (isDangling(error)) notFound('User', 'user_id', name);
          throw error;
        });
      if (row) {
        // They may have blocked the viewer since: of two who block each other at once, one finds nobody to block.
        if (!(await standingOf(tx, viewer.id, user.id))) notFound('User', 'user_id', name);
        isNew = true;
        for (const [one, other] of [
          [viewer, user],
          [user, viewer],
        ] as const) {
          await endRequest(tx, one, other);
          if (await endFollow(tx, one, other)) ended.push([one, other]);
        }
        await forgetNoticesBetween(tx, viewer.id, user.id);
        const facts = { blockerId: viewer.userId, userId: user.userId };
        await tools.outbox.emit(tx, 'userBlocked', user.userId, facts);
      }
      return { user_id: user.userId, is_blocked: true };
    },
    async () => {
      if (!isNew) return;
      await Promise.all([
        tools.wakeRelay(),
        ...[viewer, user].flatMap(({ userId }) => [
          tools.feeds.forget(userId),
          tools.trays.forget(userId),
          tools.graph.forget(userId),
        ]),
        ...ended.map(([follower, followed]) => forgetFollow(tools, follower, followed)),
      ]);
    },
  );
}

/**
 * Lifts the viewer's block; the follows it ended stay ended. Doing so twice changes nothing.
 *
 * @throws {Failure} NOT_FOUND; INVALID_INPUT for oneself.
 */
export async function unblock(tools: Tools, viewer: Viewer, name: string, write: Write) {
  const user = await findOther(tools, viewer, name);
  return write(async (tx) => {
    await lockBetween(tx, viewer.id, user.id);
    await tx
      .deleteFrom('blocks')
      .where('blocker_id', '=', viewer.id)
      .where('blocked_id', '=', user.id)
      .execute();
    return { user_id: user.userId, is_blocked: false };
  });
}

async function findOther(tools: Tools, viewer: Viewer, name: string): Promise<FoundUser> {
  const user = await findBlockableUser(tools, viewer, name);
  if (user.id === viewer.id) fail('INVALID_INPUT', { field: 'user_id', reason: 'You cannot block yourself' });
  return user;
}
