/** PUT /v1/auth/password: another password; every other device is signed out. */
import { z } from 'zod';
import { currentPassword, password } from '../../../shared/users/fields.ts';
import { announceEnded, hashNewPassword, setPassword } from '../../auth/new-password.ts';
import { refuseOwnPassword, requireOwnPassword } from '../../auth/own-password.ts';
import { route } from '../../route.ts';

export const changePassword = route({
  method: 'put',
  path: '/v1/auth/password',
  area: 'auth',
  summary: 'Change your password',
  auth: 'user',
  body: z.strictObject({
    current_password: currentPassword,
    new_password: password.meta({ examples: ['staple the other horse'] }),
  }),
  status: 204,
  errors: ['FORBIDDEN'],
  async handle({ viewer, body, write, tools, request }) {
    const field = 'current_password';
    const account = await requireOwnPassword(tools, request, viewer, body.current_password, field);
    const hash = await hashNewPassword(body.new_password, account, 'new_password');
    let ended: string[] = [];
    return write(
      async (tx) => {
        const change = { hash, from: account.password_hash, keptSessionId: viewer.sessionId };
        ended = (await setPassword(tx, viewer.id, change)) ?? refuseOwnPassword(field);
        return undefined;
      },
      () => announceEnded(tools, ended),
    );
  },
});
