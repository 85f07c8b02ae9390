/** POST /v1/auth/login: a session for a name or e-mail address and a password. */
import { z } from 'zod';
import { isPassword, pretendToCheck } from '../../../shared/auth/passwords.ts';
import { beginSession } from '../../../shared/auth/sessions.ts';
import { fail } from '../../../shared/errors.ts';
import { signedIn, signedInSchema } from '../../auth/signed-in.ts';
import { route } from '../../route.ts';

export const login = route({
  method: 'post',
  path: '/v1/auth/login',
  area: 'auth',
  summary: 'Sign in',
  auth: 'none',
  perMinute: 20,
  body: z.strictObject({
    login: z.string().trim().toLowerCase().min(1).max(254).describe('Username or e-mail address.'),
    password: z.string().min(1).max(128),
  }),
  status: 200,
  reply: signedInSchema,
  errors: [],
  async handle({ body, write, tools, request }) {
    const user = await tools.db
      .selectFrom('users')
      .innerJoin('credentials', 'credentials.user_id', 'users.id')
      .select(['users.id', 'users.user_id', 'credentials.password_hash'])
      .where((where) =>
        where.or([where('users.username', '=', body.login), where('credentials.email', '=', body.login)]),
      )
      .executeTakeFirst();
    if (!user) await pretendToCheck(body.password);
    if (!user || !(await isPassword(body.password, user.password_hash))) {
      fail('UNAUTHORIZED', { field: 'login', reason: 'The name or the password is wrong' });
    }
    return write(async (tx) => {
      const session = await beginSession(tx, tools.config.AUTH_SECRET, user.id, request.get('User-Agent'));
      return signedIn(tools, tx, user.user_id, session);
    });
  },
});
