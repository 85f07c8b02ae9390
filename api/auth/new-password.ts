/** Setting a password: what it must not be, and what ends with the old one. */

import { voidResets } from '../../shared/auth/password-resets.ts';
import { hashPassword } from '../../shared/auth/passwords.ts';
import { endSessions } from '../../shared/auth/sessions.ts';
import { type Person, weaknessOf } from '../../shared/auth/weak-passwords.ts';
import type { Tx } from '../../shared/db/index.ts';
import { fail } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';

/**
 * Hashes a password that is to be somebody's.
 *
 * @param field what the request calls the password
 * @throws {Failure} INVALID_INPUT if it would be guessed
 */
export async function hashNewPassword(password: string, person: Person, field: string): Promise<string> {
  const weakness = weaknessOf(password, person);
  if (weakness) fail('INVALID_INPUT', { field, reason: weakness });
  return hashPassword(password);
}

/**
 * Has everybody else wait who wants to change this password. Whoever locks more than it locks it first.
 *
 * @param userId internal id
 */
export async function lockPassword(tx: Tx, userId: number): Promise<void> {
  await tx.selectFrom('credentials').select('user_id').where('user_id', '=', userId).forUpdate().execute();
}

/**
 * Changes a password; mailed tokens are void and sessions end with the old one. The caller announces the endings
 * after the commit.
 *
 * @param userId internal id
 * @param change.hash of the new password
 * @param change.from only if this is the hash of the old one
 * @param change.keptSessionId public id of a session that goes on
 * @returns the public ids of the sessions that ended; undefined if the old password was another one.
 */
export async function setPassword(
  tx: Tx,
  userId: number,
  { hash, from, keptSessionId }: { hash: string; from?: string; keptSessionId?: string },
): Promise<string[] | undefined> {
  // First, because whoever signs in with the old password at this moment holds this row until their session exists.
  const changed = await tx
    .updateTable('credentials')
    .set({ password_hash: hash })
    .where('user_id', '=', userId)
    .$if(from !== undefined, (query) => query.where('password_hash', '=', from as string))
    .returning('user_id')
    .executeTakeFirst();
  if (!changed) return undefined;
  await voidResets(tx, userId);
  return endSessions(tx, userId, keptSessionId);
}

/** Ends access and sockets of ended sessions on every process. */
export async function announceEnded({ changes }: Tools, sessionIds: readonly string[]): Promise<void> {
  await Promise.all(sessionIds.map((sessionId) => changes.announce('session', sessionId)));
}
