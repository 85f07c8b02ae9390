/**
 * Resets of forgotten passwords. The mailed token is derived from the reset and a salt of its own, as refresh
 * tokens are: the database holds nothing that could be sent back, and the job that mails it needs only an id.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';
import { isId, keyOf, newId } from '../ids.ts';
import type { Person } from './weak-passwords.ts';

/** How long a mailed token works. */
export const resetLifetimeMinutes = 60;

function tokenOf(secret: string, resetId: string, salt: Buffer): string {
  const mac = createHmac('sha256', secret)
    .update(`password-reset\n${resetId}\n`)
    .update(salt)
    .digest('base64url');
  return `pr_${keyOf(resetId)}.${mac}`;
}

/**
 * Notes that a reset was asked for; an earlier one of the same user is void from now on. An address of nobody's
 * takes the same steps, so that the time they take tells nothing.
 *
 * @param userId internal id, if the address is somebody's
 * @returns the reset's public id.
 */
export async function beginReset(tx: Tx, userId: number | undefined): Promise<string> {
  const resetId = newId('reset');
  await voidResets(tx, userId);
  await tx
    .insertInto('password_resets')
    .values({
      reset_id: resetId,
      user_id: userId ?? null,
      salt: randomBytes(16),
      expires_at: sql<Date>`now() + make_interval(mins => ${resetLifetimeMinutes})`,
    })
    .execute();
  return resetId;
}

/** Makes every token a user was mailed worthless. */
export async function voidResets(tx: Tx, userId: number | undefined): Promise<void> {
  await tx
    .deleteFrom('password_resets')
    .where('user_id', '=', userId ?? null)
    .execute();
}

/** A reset as its mail needs it. */
export type ResetToMail = Person & { token: string };

/**
 * What is to be mailed for a reset.
 *
 * @returns undefined if there is nothing to mail (any more): no such user, void, expired, or mailed already.
 */
export async function resetToMail(db: Db, secret: string, resetId: string): Promise<ResetToMail | undefined> {
  const reset = await openResets(db)
    .select('r.salt')
    .where('r.reset_id', '=', resetId)
    .where('r.mailed_at', 'is', null)
    .executeTakeFirst();
  return (
    reset && {
      username: reset.username,
      email: reset.email,
      token: tokenOf(secret, resetId, reset.salt),
    }
  );
}

/** Notes that the mail went out; a reset of an address of nobody's is dropped instead. */
export async function resetMailed(db: Db, resetId: string): Promise<void> {
  await db
    .updateTable('password_resets')
    .set({ mailed_at: sql<Date>`now()` })
    .where('reset_id', '=', resetId)
    .execute();
  await db
    .deleteFrom('password_resets')
    .where('reset_id', '=', resetId)
    .where('user_id', 'is', null)
    .execute();
}

/** A reset whose token was shown: whose password it may change. `userId` is internal. */
export type ShownReset = Person & { userId: number };

/**
 * Whose password a token may change.
 *
 * @returns undefined if the token is forged, used, void or expired, or its user is gone.
 */
export async function resetOf(db: Db | Tx, secret: string, token: string): Promise<ShownReset | undefined> {
  const resetId = `reset_${/^pr_([0-9a-z]{26})\.[\w-]{43}$/.exec(token)?.[1]}`;
  if (!isId('reset', resetId)) return undefined;
  const reset = await openResets(db)
    .select(['r.salt', 'u.id as userId'])
    .where('r.reset_id', '=', resetId)
    .executeTakeFirst();
  if (!reset) return undefined;
  const expected = Buffer.from(tokenOf(secret, resetId, reset.salt));
  if (!timingSafeEqual(expected, Buffer.from(token))) return undefined;
  return { userId: reset.userId, username: reset.username, email: reset.email };
}

function openResets(db: Db | Tx) {
  return db
    .selectFrom('password_resets as r')
    .innerJoin('users as u', 'u.id', 'r.user_id')
    .innerJoin('credentials as c', 'c.user_id', 'u.id')
    .select(['u.username', 'c.email'])
    .where('r.expires_at', '>', sql<Date>`now()`)
    .where('u.is_hidden', '=', false);
}
