/** POST /v1/auth/totp/confirm: from now on sign-in asks for a code; the reply has the way out without the app. */
import { z } from 'zod';
import { renewRecoveryCodes } from '../../../shared/auth/recovery-codes.ts';
import { useTotp } from '../../../shared/auth/totp.ts';
import { fail } from '../../../shared/errors.ts';
import { countGuess } from '../../auth/guesses.ts';
import { route } from '../../route.ts';

export const confirmTotp = route({
  method: 'post',
  path: '/v1/auth/totp/confirm',
  area: 'auth',
  summary: 'Turn codes at sign-in on, with the first code of the app',
  auth: 'user',
  body: z.strictObject({
    code: z
      .string()
      .regex(/^\s*(?:\d\s*){6}$/, 'Must be six digits')
      .transform((text) => text.replace(/\s/g, ''))
      .meta({ examples: ['123456'] }),
  }),
  status: 200,
  reply: z.object({
    recovery_codes: z
      .array(z.string())
      .describe('Each signs in once in place of a code. They are shown here only.')
      .meta({ examples: [['7k2mx-9qv4t', 'c0p8d-w3z6h']] }),
  }),
  errors: ['CONFLICT', 'FORBIDDEN'],
  async handle({ viewer, body, write, tools, request }) {
    const secret = tools.config.AUTH_SECRET;
    return write(async (tx) => {
      const giveBack = await countGuess(tools, request, 'code-guesses', viewer.userId);
      const outcome = await useTotp(tx, secret, viewer, 'pending', body.code);
      if (outcome === 'refused') {
        fail('FORBIDDEN', {
          field: 'code',
          reason: 'The code is wrong or too old; check the clock of the phone',
        });
      }
      await giveBack();
      if (outcome === 'unknown') {
        fail('CONFLICT', { field: 'totp', reason: 'No secret waits for its code; get one first' });
      }
      return { recovery_codes: await renewRecoveryCodes(tx, secret, viewer) };
    });
  },
});
