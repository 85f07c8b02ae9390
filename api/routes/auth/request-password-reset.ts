/** POST /v1/auth/password-reset: mails a token to whoever forgot their password. */
import { z } from 'zod';
import { beginReset } from '../../../shared/auth/password-resets.ts';
import { email } from '../../../shared/users/fields.ts';
import { takeQuota } from '../../door/rate-limit.ts';
import { route } from '../../route.ts';

/** Mails to one address; whoever asks for others' may neither flood them nor void the token they look for. */
const mailsPerWindow = 3;
const windowS = 15 * 60;

export const requestPasswordReset = route({
  method: 'post',
  path: '/v1/auth/password-reset',
  area: 'auth',
  summary: 'Ask for a mail that resets your password',
  auth: 'none',
  perMinute: 10,
  body: z.strictObject({ email }),
  status: 204,
  errors: [],
  async handle({ body, write, tools }) {
    const { RATE_LIMITS: limits } = tools.config;
    const quota = await takeQuota(tools.cache, limits, 'reset-mails', body.email, mailsPerWindow, windowS);
    return write(
      async (tx) => {
        if (quota.exceeded) return undefined;
        const user = await tx
          .selectFrom('users')
          .innerJoin('credentials', 'credentials.user_id', 'users.id')
          .select('users.id')
          .where('credentials.email', '=', body.email)
          .where('users.is_hidden', '=', false)
          .executeTakeFirst();
        const resetId = await beginReset(tx, user?.id);
        await tools.outbox.emit(tx, 'passwordResetRequested', resetId, { resetId });
        return undefined;
      },
      () => tools.wakeRelay(),
    );
  },
});
