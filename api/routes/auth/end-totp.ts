/** DELETE /v1/auth/totp: sign-in asks for no code any more; the secret and the recovery codes are gone. */
import { z } from 'zod';
import { endTotp as end } from '../../../shared/auth/totp.ts';
import { currentPassword } from '../../../shared/users/fields.ts';
import { requireOwnPassword } from '../../auth/own-password.ts';
import { route } from '../../route.ts';

export const endTotp = route({
  method: 'delete',
  path: '/v1/auth/totp',
  area: 'auth',
  summary: 'Turn codes at sign-in off',
  auth: 'user',
  body: z.strictObject({
    password: currentPassword,
  }),
  status: 204,
  errors: ['FORBIDDEN'],
  async handle({ viewer, body, write, tools, request }) {
    await requireOwnPassword(tools, request, viewer, body.password, 'password');
    return write(async (tx) => {
      await end(tx, viewer.id);
      return undefined;
    });
  },
});
