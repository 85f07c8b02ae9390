/** DELETE /v1/users/me: the account is gone for everybody at once, and a job removes all there is of it. */
import { sql } from 'kysely';
import { z } from 'zod';
import { endSessions } from '../../../shared/auth/sessions.ts';
import type { Tx } from '../../../shared/db/index.ts';
import { lockSettings } from '../../../shared/users/locks.ts';
import type { Account } from '../../auth/account.ts';
import { announceEnded } from '../../auth/new-password.ts';
import { refuseOwnPassword, requireOwnPassword } from '../../auth/own-password.ts';
import { route } from '../../route.ts';

export const deleteMe = route({
  method: 'delete',
  path: '/v1/users/me',
  area: 'users',
  summary: 'Delete your account and everything in it, for good',
  auth: 'user',
  body: z.strictObject({
    password: z
      .string()
      .min(1)
      .max(128)
      .describe('Your password. No code is asked for: the session was begun with one, where codes are on.')
      .meta({ examples: ['correct horse battery'] }),
  }),
  status: 204,
  errors: ['FORBIDDEN'],
  async handle({ viewer, body, write, tools, request }) {
    const account = await requireOwnPassword(tools, request, viewer, body.password, 'password');
    let ended: string[] = [];
    return write(
      async (tx) => {
        await lockSettings(tx, viewer.id, 'exclusive');
        ended = await close(tx, account);
        await tools.outbox.emit(tx, 'accountDeleted', viewer.userId, { userId: viewer.userId });
        return undefined;
      },
      () =>
        Promise.all([
          announceEnded(tools, ended),
          tools.profiles.forget(viewer.userId),
          tools.feeds.authorChanged(viewer.id),
          tools.wakeRelay(),
        ]),
    );
  },
});

/**
 * Hides an account, signs it out everywhere, and lets go of its name and its address. What says who it was goes with
 * them; the rest is for the job.
 *
 * @returns the public ids of the sessions that ended.
 * @throws {Failure} FORBIDDEN if the password was changed while it was being checked.
 */
async function close(tx: Tx, { id, password_hash: hash }: Account): Promise<string[]> {
  // First, because whoever signs in at this moment holds this row until their session exists.
  const closed = await tx
    .deleteFrom('credentials')
    .where('user_id', '=', id)
    .where('password_hash', '=', hash)
    .returning('user_id')
    .executeTakeFirst();
  if (!closed) refuseOwnPassword('password');
  await tx
    .updateTable('users')
    .set({
      deleted_at: sql<Date>`now()`,
      // A name nobody can take: theirs have no dash.
      username: `deleted-${id}`,
      full_name: null,
      bio: null,
      website: null,
      profile_pic_url: null,
    })
    .where('id', '=', id)
    .execute();
  return endSessions(tx, id);
}
