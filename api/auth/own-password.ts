/** What somebody who is signed in must prove before they change how they sign in, or leave for good. */
import type { Request } from 'express';
import { isPassword } from '../../shared/auth/passwords.ts';
import { fail } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Viewer } from '../route.ts';
import { type Account, accountOf } from './account.ts';
import { countGuess } from './guesses.ts';

/**
 * Refuses a request whose password is not the viewer's. Ten wrong ones a minute are looked at.
 *
 * @param field what the request calls the password
 * @returns the account, with the hash of the password that was right.
 * @throws {Failure} FORBIDDEN; RATE_LIMITED; UNAUTHORIZED if the account was deleted meanwhile.
 */
export async function requireOwnPassword(
  tools: Tools,
  request: Request,
  viewer: Viewer,
  password: string,
  field: string,
): Promise<Account> {
  const giveBack = await countGuess(tools, request, 'password-guesses', viewer.userId);
  const account = await accountOf(tools.db, viewer.id);
  if (!account) fail('UNAUTHORIZED');
  if (!(await isPassword(password, account.password_hash))) refuseOwnPassword(field);
  await giveBack();
  return account;
}

/**
 * Refuses a password that is not the viewer's.
 *
 * @throws {Failure} FORBIDDEN, always.
 */
export function refuseOwnPassword(field: string): never {
  return fail('FORBIDDEN', { field, reason: 'This is not your password' });
}
