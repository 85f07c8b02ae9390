/**
 * One-time codes of an authenticator app (TOTP, RFC 6238): six digits, another six every 30 seconds. A code is
 * accepted once, in the step it belongs to and the one before and after, as section 5.2 of the RFC advises.
 */
import { sql } from 'kysely';
import { Secret, TOTP } from 'otpauth';
import type { Db, Tx } from '../db/index.ts';
import { seal, unseal } from './sealing.ts';

/** As many steps a phone's clock may be off, either way. */
const windowSteps = 1;
/** 160 bits, what RFC 4226 recommends. */
const secretBytes = 20;

export const totpIssuer = 'Emulsion';

/** Whose codes they are: the internal id and the public one. */
export type TotpOwner = { id: number; userId: string };

/** What an authenticator app has to be told: the secret in base32, and the same as a URL for a QR code. */
export type NewTotp = { secret: string; url: string };

/**
 * Begins with a new secret, which counts once a code of it was shown.
 *
 * @param label what the app calls the account
 * @returns undefined if codes are asked for already, with an older secret.
 */
export async function beginTotp(
  tx: Tx,
  authSecret: string,
  owner: TotpOwner,
  label: string,
): Promise<NewTotp | undefined> {
  const secret = new Secret({ size: secretBytes });
  const sealed = seal(authSecret, 'totp secret', owner.userId, secret.bytes);
  const row = await tx
    .insertInto('totp')
    .values({ user_id: owner.id, secret: sealed })
    .onConflict((conflict) =>
      conflict
        .column('user_id')
        .doUpdateSet({ secret: sealed, last_step: 0, created_at: sql<Date>`now()` })
        .where('totp.confirmed_at', 'is', null),
    )
    .returning('user_id')
    .executeTakeFirst();
  if (!row) return undefined;
  return { secret: secret.base32, url: new TOTP({ issuer: totpIssuer, label, secret }).toString() };
}

/** Whether sign-in asks a user for a code. */
export async function hasTotp(db: Db | Tx, userId: number): Promise<boolean> {
  const row = await db
    .selectFrom('totp')
    .select('user_id')
    .where('user_id', '=', userId)
    .where('confirmed_at', 'is not', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** How a code was received: `unknown` if the user has no secret in that state. */
export type CodeOutcome = 'accepted' | 'refused' | 'unknown';

/**
 * Accepts a code, never twice.
 *
 * @param state `confirmed` at sign-in; `pending` turns the asking for codes on with it
 */
export async function useTotp(
  tx: Tx,
  authSecret: string,
  owner: TotpOwner,
  state: 'pending' | 'confirmed',
  code: string,
): Promise<CodeOutcome> {
  const row = await tx
    .selectFrom('totp')
    .select(['secret', 'last_step'])
    .where('user_id', '=', owner.id)
    .where('confirmed_at', state === 'pending' ? 'is' : 'is not', null)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return 'unknown';
  const secret = unseal(authSecret, 'totp secret', owner.userId, row.secret);
  const step = stepOf(new Uint8Array(secret).buffer, code);
  if (step === undefined || step <= row.last_step) return 'refused';
  await tx
    .updateTable('totp')
    .set({ last_step: step, ...(state === 'pending' ? { confirmed_at: sql<Date>`now()` } : {}) })
    .where('user_id', '=', owner.id)
    .execute();
  return 'accepted';
}

/** The step a code belongs to, if it is one of those that count now. */
function stepOf(secret: ArrayBuffer, code: string): number | undefined {
  const timestamp = Date.now();
  const delta = TOTP.validate({
    secret: new Secret({ buffer: secret }),
    token: code,
    timestamp,
    window: windowSteps,
  });
  return delta === null ? undefined : TOTP.counter({ timestamp }) + delta;
}

/** Codes are no longer asked for; the recovery codes go with the secret. */
export async function endTotp(tx: Tx, userId: number): Promise<void> {
  await tx.deleteFrom('totp').where('user_id', '=', userId).execute();
}
