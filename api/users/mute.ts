/** Muting: posts and stories of the muted stay out of the muter's feed and trays; nobody else notices. */
import { z } from 'zod';
import { isDangling } from '../../shared/db/index.ts';
import { fail, notFound } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Viewer, Write } from '../route.ts';
import { findUser } from './find-user.ts';

export const muteReplySchema = z
  .object({ user_id: z.string(), is_muted: z.boolean() })
  .meta({ id: 'MuteState' });

/**
 * Makes the user muted for the viewer, or not; doing so twice changes nothing.
 *
 * @throws {Failure} NOT_FOUND; INVALID_INPUT for oneself.
 */
export async function setMuted(tools: Tools, viewer: Viewer, name: string, muted: boolean, write: Write) {
  const user = await findUser(tools, viewer, name);
  if (user.id === viewer.id) fail('INVALID_INPUT', { field: 'user_id', reason: 'You cannot mute yourself' });
  let hasChanged = false;
  return write(
    async (tx) => {
      const row = muted
        ? await tx
            .insertInto('mutes')
            .values({ muter_id: viewer.id, muted_id: user.id })
            .onConflict((conflict) => conflict.doNothing())
            .returning('id')
            .executeTakeFirst()
            .catch((error: unknown) => {
              // Deleted since it was found.
              if (isDangling(error)) notFound('User', 'user_id', name);
              throw error;
            })
        : await tx
            .deleteFrom('mutes')
            .where('muter_id', '=', viewer.id)
            .where('muted_id', '=', user.id)
            .returning('id')
            .executeTakeFirst();
      if (row) {
        hasChanged = true;
        const event = muted ? 'userMuted' : 'userUnmuted';
        await tools.outbox.emit(tx, event, viewer.userId, { followerId: viewer.userId });
      }
      return { user_id: user.userId, is_muted: muted };
    },
    async () => {
      if (!hasChanged) return;
      await Promise.all([
        tools.wakeRelay(),
        tools.feeds.forget(viewer.userId),
        tools.trays.forget(viewer.userId),
      ]);
    },
  );
}
