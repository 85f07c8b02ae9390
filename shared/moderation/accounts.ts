/** What an admin may do to an account: suspend it, reinstate it, change its tier, its mark or its role. */
import { sql } from 'kysely';
import { endSessions } from '../auth/sessions.ts';
import type { Tx } from '../db/index.ts';
import type { Role, Tier } from '../db/schema.ts';
import { fail } from '../errors.ts';
import type { Tools } from '../tools.ts';
import { type Operator, record } from './audit.ts';

export type AccountChanges = { tier?: Tier; is_verified?: boolean; role?: Role };

/** What was done, for `afterAccountChange`. */
export type AccountChange = { userId: string; endedSessions: string[] };

/** The account, kept as it is for others until the transaction ends; one on its way out is none any more. */
async function lock(tx: Tx, userId: string) {
  return tx
    .selectFrom('users')
    .select(['id', 'user_id', 'tier', 'is_verified', 'role', 'suspended_at'])
    .where('user_id', '=', userId)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

/**
 * Suspends an account: nobody sees it or what it shows, its sessions end, and nobody signs in to it.
 *
 * @param userId public id
 * @returns undefined if that changed nothing.
 * @throws {Failure} FORBIDDEN on `user_id` for an admin.
 */
export async function suspend(
  { outbox }: Tools,
  tx: Tx,
  by: Operator,
  userId: string,
  reason: string,
): Promise<AccountChange | undefined> {
  const user = await lock(tx, userId);
  if (!user || user.suspended_at) return undefined;
  if (user.role === 'admin') {
    fail('FORBIDDEN', { field: 'user_id', reason: 'An admin cannot be suspended; take the role away first' });
  }
  await tx.updateTable('users').set({ suspended_at: sql<Date>`now()` }).where('id', '=', user.id).execute();
  const endedSessions = await endSessions(tx, user.id);
  await record(tx, by, { action: 'user.suspend', targetType: 'user', targetId: userId, details: { reason } });
  await outbox.emit(tx, 'userSuspended', userId, { userId });
  return { userId, endedSessions };
}

/** Lifts a suspension: everything is there again, and one may sign in. @returns undefined if that changed nothing. */
export async function reinstate(
  { outbox }: Tools,
  tx: Tx,
  by: Operator,
  userId: string,
): Promise<AccountChange | undefined> {
  const user = await lock(tx, userId);
  if (!user?.suspended_at) return undefined;
  await tx.updateTable('users').set({ suspended_at: null }).where('id', '=', user.id).execute();
  const details = { suspended_at: user.suspended_at.toISOString() };
  await record(tx, by, { action: 'user.reinstate', targetType: 'user', targetId: userId, details });
  await outbox.emit(tx, 'userReinstated', userId, { userId });
  return { userId, endedSessions: [] };
}

/**
 * Changes what only admins can.
 *
 * @param changes what is left out stays as it is
 * @returns undefined if that changed nothing.
 */
export async function changeAccount(
  { outbox }: Tools,
  tx: Tx,
  by: Operator,
  userId: string,
  changes: AccountChanges,
): Promise<AccountChange | undefined> {
  const user = await lock(tx, userId);
  if (!user) return undefined;
  const fields = (['tier', 'is_verified', 'role'] as const).filter(
    (field) => changes[field] !== undefined && changes[field] !== user[field],
  );
  if (fields.length === 0) return undefined;
  await tx
    .updateTable('users')
    .set({ ...Object.fromEntries(fields.map((field) => [field, changes[field]])), updated_at: new Date() })
    .where('id', '=', user.id)
    .execute();
  const details = Object.fromEntries(
    fields.map((field) => [field, { from: user[field], to: changes[field] }]),
  );
  await record(tx, by, { action: 'user.change', targetType: 'user', targetId: userId, details });
  await outbox.emit(tx, 'userEdited', userId, { userId });
  return { userId, endedSessions: [] };
}

/** Makes a change known to every process. Call it after the commit. */
export async function afterAccountChange(
  tools: Tools,
  { userId, endedSessions }: AccountChange,
): Promise<void> {
  await Promise.all([
    ...endedSessions.map((sessionId) => tools.changes.announce('session', sessionId)),
    tools.profiles.forget(userId),
    tools.wakeRelay(),
  ]);
}
