/** POST /v1/auth/password-reset/confirm: a new password for a mailed token; every device is signed out. */
import { z } from 'zod';
import { resetOf } from '../../../shared/auth/password-resets.ts';
import { fail } from '../../../shared/errors.ts';
import { password } from '../../../shared/users/fields.ts';
import { announceEnded, hashNewPassword, lockPassword, setPassword } from '../../auth/new-password.ts';
import { route } from '../../route.ts';

export const confirmPasswordReset = route({
  method: 'post',
  path: '/v1/auth/password-reset/confirm',
  area: 'auth',
  summary: 'Set a new password with the mailed token, once',
  auth: 'none',
  perMinute: 20,
  body: z.strictObject({
    token: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .meta({ examples: ['pr_01j8z3k4m5n6p7q8r9s0t1v2w3.q0mNKGSgxwJxVZ0ZkZlZb1ZlZb2ZlZb3ZlZb4ZlZb5Y'] }),
    new_password: password.meta({ examples: ['staple the other horse'] }),
  }),
  status: 204,
  errors: [],
  async handle({ body, write, tools }) {
    const secret = tools.config.AUTH_SECRET;
    const person = (await resetOf(tools.db, secret, body.token)) ?? refuseToken();
    const hash = await hashNewPassword(body.new_password, person, 'new_password');
    let ended: string[] = [];
    return write(
      async (tx) => {
        await lockPassword(tx, person.userId);
        // It may have been used, or made void, while the password was being hashed.
        if (!(await resetOf(tx, secret, body.token))) refuseToken();
        ended = (await setPassword(tx, person.userId, { hash })) ?? [];
        return undefined;
      },
      () => announceEnded(tools, ended),
    );
  },
});

function refuseToken(): never {
  return fail('INVALID_INPUT', {
    field: 'token',
    reason: 'The token was used, is too old or not valid; ask for another mail',
  });
}
