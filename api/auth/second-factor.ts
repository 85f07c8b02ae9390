/** The code that sign-in asks for besides the password, where the user has turned that on. */
import type { Request } from 'express';
import { useRecoveryCode } from '../../shared/auth/recovery-codes.ts';
import { hasTotp, useTotp } from '../../shared/auth/totp.ts';
import type { Tx } from '../../shared/db/index.ts';
import { fail } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Account } from './account.ts';
import { countGuess } from './guesses.ts';

/**
 * Lets pass whoever shows a code of the authenticator app or a recovery code, which is used up by that; everybody,
 * where none is asked for. For callers who have shown the right password: nobody else may learn of it.
 *
 * @throws {Failure} UNAUTHORIZED on `code`; RATE_LIMITED after five wrong ones in a quarter of an hour.
 */
export async function requireSecondFactor(
  tools: Tools,
  tx: Tx,
  request: Request,
  { id, user_id: userId }: Account,
  code: string | undefined,
): Promise<void> {
  if (!(await hasTotp(tx, id))) return;
  if (code === undefined) {
    fail('UNAUTHORIZED', {
      field: 'code',
      reason: 'Send the code that the authenticator app shows now, or a recovery code',
    });
  }
  const giveBack = await countGuess(tools, request, 'code-guesses', userId);
  const secret = tools.config.AUTH_SECRET;
  const owner = { id, userId };
  const digits = code.replace(/\s/g, '');
  const isRight = /^\d{6}$/.test(digits)
    ? (await useTotp(tx, secret, owner, 'confirmed', digits)) === 'accepted'
    : await useRecoveryCode(tx, secret, owner, code);
  if (!isRight) fail('UNAUTHORIZED', { field: 'code', reason: 'The code is wrong, too old, or was used' });
  await giveBack();
}
