/** Recovery codes: ten texts that each sign in once in place of a code of the authenticator app. */
import { randomInt } from 'node:crypto';
import type { Db, Tx } from '../db/index.ts';
import { keyedHash } from './sealing.ts';
import type { TotpOwner } from './totp.ts';

const codesPerUser = 10;
/** 50 bits of these 32 letters, which are hard to take for each other (Crockford's base32). */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const codeLength = 10;

function newCode(): string {
  const letters = Array.from({ length: codeLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${letters.slice(0, codeLength / 2)}-${letters.slice(codeLength / 2)}`;
}

/** What is meant by a code as people type it: in any case, with or without the dash, o for 0, i or l for 1. */
function canonical(code: string): string {
  return code.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');
}

function hashOf(authSecret: string, owner: TotpOwner, code: string): Buffer {
  return keyedHash(authSecret, 'recovery code', owner.userId, canonical(code));
}

/** Makes a user's codes; those they had are worthless. Only their hashes are kept. */
export async function renewRecoveryCodes(tx: Tx, authSecret: string, owner: TotpOwner): Promise<string[]> {
  const codes = Array.from({ length: codesPerUser }, newCode);
  await tx.deleteFrom('recovery_codes').where('user_id', '=', owner.id).execute();
  await tx
    .insertInto('recovery_codes')
    .values(codes.map((code) => ({ user_id: owner.id, code_hash: hashOf(authSecret, owner, code) })))
    .execute();
  return codes;
}

/** Uses a code up. @returns whether it was one. */
export async function useRecoveryCode(
  tx: Tx,
  authSecret: string,
  owner: TotpOwner,
  code: string,
): Promise<boolean> {
  const used = await tx
    .deleteFrom('recovery_codes')
    .where('user_id', '=', owner.id)
    .where('code_hash', '=', hashOf(authSecret, owner, code))
    .returning('user_id')
    .executeTakeFirst();
  return used !== undefined;
}

/** How many codes a user has left. */
export async function recoveryCodesLeft(db: Db | Tx, userId: number): Promise<number> {
  const rows = await db
    .selectFrom('recovery_codes')
    .select('user_id')
    .where('user_id', '=', userId)
    .execute();
  return rows.length;
}
