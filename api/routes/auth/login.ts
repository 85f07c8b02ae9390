/** POST /v1/auth/login: a session for a name or e-mail address and a password. */
import { z } from 'zod';
import { isPassword, pretendToCheck } from '../../../shared/auth/passwords.ts';
import { beginSession } from '../../../shared/auth/sessions.ts';
import { atMost } from '../../../shared/characters.ts';
import { fail } from '../../../shared/errors.ts';
import { currentPassword } from '../../../shared/users/fields.ts';
import { accountHeld, accountNamed, refuseSuspended } from '../../auth/account.ts';
import { countGuess } from '../../auth/guesses.ts';
import { isKnownAddress, rememberAddress } from '../../auth/known-addresses.ts';
import { requireSecondFactor } from '../../auth/second-factor.ts';
import { signedIn, signedInSchema } from '../../auth/signed-in.ts';
import { addressOf } from '../../door/address.ts';
import { route } from '../../route.ts';

/** The longest e-mail address there is (RFC 5321, 4.5.3.1.3, less the angle brackets). */
const maxLoginLength = 254;

export const login = route({
  method: 'post',
  path: '/v1/auth/login',
  area: 'auth',
  summary: 'Sign in',
  auth: 'none',
  perMinute: 20,
  body: z.strictObject({
    login: z
      .string()
      .trim()
      .toLowerCase()
      .min(1)
      .refine(...atMost(maxLoginLength))
      .describe('Username or e-mail address.')
      .meta({ maxLength: maxLoginLength, examples: ['photographer'] }),
    password: currentPassword,
    code: z
      .string()
      .trim()
      .min(1)
      .max(32)
      .optional()
      .describe(
        'Where the answer to the right password was 401 on `code`: the six digits of the authenticator app, or ' +
          'a recovery code.',
      )
      .meta({ examples: ['123456'] }),
  }),
  status: 200,
  reply: signedInSchema,
  errors: ['FORBIDDEN'],
  async handle({ body, write, tools, request }) {
    const account = await accountNamed(tools.db, body.login);
    const address = addressOf(request);
    // Asked for a name of nobody's too, so that the time it takes tells nothing.
    const isKnown = await isKnownAddress(tools, account?.user_id ?? body.login, address);
    const who = isKnown ? `${body.login} ${address}` : body.login;
    const giveBack = await countGuess(tools, request, 'login-guesses', who);
    if (!account) await pretendToCheck(body.password);
    if (!account || !(await isPassword(body.password, account.password_hash))) refuse();
    await giveBack();
    refuseSuspended(account, 'login');
    return write(
      async (tx) => {
        const current = await accountHeld(tx, account.id);
        // The password was changed, or the account closed, while this one was being checked.
        if (!current || current.password_hash !== account.password_hash) refuse();
        await requireSecondFactor(tools, tx, request, current, body.code);
        const userAgent = request.get('User-Agent');
        const session = await beginSession(tx, tools.config.AUTH_SECRET, current.id, userAgent);
        return signedIn(tools, tx, current.user_id, session);
      },
      () => rememberAddress(tools, account.user_id, address),
    );
  },
});

function refuse(): never {
  fail('UNAUTHORIZED', { field: 'login', reason: 'The name or the password is wrong' });
}
