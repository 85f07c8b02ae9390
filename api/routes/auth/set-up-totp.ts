/**
 * POST /v1/auth/totp: a secret for an authenticator app. Nothing changes until a code of it was shown.
 * The password is asked for: a stolen access token must not lock its owner out.
 */
import { z } from 'zod';
import { beginTotp } from '../../../shared/auth/totp.ts';
import { fail } from '../../../shared/errors.ts';
import { currentPassword } from '../../../shared/users/fields.ts';
import { requireOwnPassword } from '../../auth/own-password.ts';
import { route } from '../../route.ts';

export const setUpTotp = route({
  method: 'post',
  path: '/v1/auth/totp',
  area: 'auth',
  summary: 'Get a secret for an authenticator app',
  auth: 'user',
  body: z.strictObject({ password: currentPassword }),
  status: 200,
  reply: z.object({
    secret: z
      .string()
      .describe('In base32, for typing.')
      .meta({ examples: ['JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'] }),
    otpauth_url: z
      .string()
      .describe('The same for a QR code.')
      .meta({
        examples: [
          'otpauth://totp/Emulsion:photographer?issuer=Emulsion&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30',
        ],
      }),
  }),
  errors: ['CONFLICT', 'FORBIDDEN'],
  async handle({ viewer, body, write, tools, request }) {
    await requireOwnPassword(tools, request, viewer, body.password, 'password');
    return write(async (tx) => {
      const begun = await beginTotp(tx, tools.config.AUTH_SECRET, viewer, viewer.username);
      if (!begun) fail('CONFLICT', { field: 'totp', reason: 'Codes are asked for already; end that first' });
      return { secret: begun.secret, otpauth_url: begun.url };
    });
  },
});
