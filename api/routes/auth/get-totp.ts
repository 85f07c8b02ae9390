/** GET /v1/auth/totp: whether sign-in asks for a code. */
import { z } from 'zod';
import { recoveryCodesLeft } from '../../../shared/auth/recovery-codes.ts';
import { hasTotp } from '../../../shared/auth/totp.ts';
import { route } from '../../route.ts';

export const getTotp = route({
  method: 'get',
  path: '/v1/auth/totp',
  area: 'auth',
  summary: 'See whether sign-in asks for a code',
  auth: 'user',
  status: 200,
  reply: z.object({
    is_enabled: z.boolean().meta({ examples: [true] }),
    recovery_codes_left: z.int().meta({ examples: [9] }),
  }),
  errors: [],
  async handle({ viewer, tools }) {
    const [isEnabled, left] = await Promise.all([
      hasTotp(tools.db, viewer.id),
      recoveryCodesLeft(tools.db, viewer.id),
    ]);
    return { is_enabled: isEnabled, recovery_codes_left: left };
  },
});
