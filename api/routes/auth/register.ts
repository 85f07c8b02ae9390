/** POST /v1/auth/register: a new account, signed in. */
import { z } from 'zod';
import { beginSession } from '../../../shared/auth/sessions.ts';
import { isDuplicate } from '../../../shared/db/index.ts';
import { fail } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import { email, fullName, password, username } from '../../../shared/users/fields.ts';
import { hashNewPassword } from '../../auth/new-password.ts';
import { signedIn, signedInSchema } from '../../auth/signed-in.ts';
import { route } from '../../route.ts';

export const register = route({
  method: 'post',
  path: '/v1/auth/register',
  area: 'auth',
  summary: 'Create an account',
  auth: 'none',
  perMinute: 10,
  body: z.strictObject({ username, email, password, full_name: fullName.optional() }),
  status: 201,
  reply: signedInSchema,
  errors: ['CONFLICT'],
  async handle({ body, write, tools, request }) {
    const passwordHash = await hashNewPassword(body.password, body, 'password');
    const userId = newId('user');
    return write(
      async (tx) => {
        const user = await tx
          .insertInto('users')
          .values({ user_id: userId, username: body.username, full_name: body.full_name || null })
          .returning('id')
          .executeTakeFirstOrThrow()
          .catch((error: unknown) => taken(error, 'username', body.username));
        await tx
          .insertInto('credentials')
          .values({ user_id: user.id, email: body.email, password_hash: passwordHash })
          .execute()
          .catch((error: unknown) => taken(error, 'email', body.email));
        await tools.outbox.emit(tx, 'userRegistered', userId, { userId });
        const session = await beginSession(tx, tools.config.AUTH_SECRET, user.id, request.get('User-Agent'));
        return signedIn(tools, tx, userId, session);
      },
      () => tools.wakeRelay(),
    );
  },
});

function taken(error: unknown, field: string, value: string): never {
  if (isDuplicate(error)) fail('CONFLICT', { field, reason: `'${value}' is already taken` });
  throw error;
}
