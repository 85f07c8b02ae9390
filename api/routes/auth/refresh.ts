/** POST /v1/auth/refresh: new tokens for a refresh token. */
import { z } from 'zod';
import { refreshSession } from '../../../shared/auth/sessions.ts';
import { fail } from '../../../shared/errors.ts';
import { signedIn, signedInSchema } from '../../auth/signed-in.ts';
import { route } from '../../route.ts';

export const refresh = route({
  method: 'post',
  path: '/v1/auth/refresh',
  area: 'auth',
  summary: 'Trade a refresh token for new tokens',
  auth: 'none',
  perMinute: 60,
  body: z.strictObject({
    refresh_token: z
      .string()
      .min(1)
      .max(200)
      .meta({ examples: ['rt_01j8z3k4m5n6p7q8r9s0t1v2w3.1.q0mNKGSgxwJxVZ0ZkZlZb1ZlZb2ZlZb3ZlZb4ZlZb5Y'] }),
  }),
  status: 200,
  reply: signedInSchema,
  errors: [],
  async handle({ body, write, tools }) {
    const written = await write(
      async (tx) => {
        const refreshed = await refreshSession(tx, tools.config.AUTH_SECRET, body.refresh_token);
        if (refreshed.state !== 'refreshed') return refreshed;
        const user = await tx
          .selectFrom('users')
          .select('user_id')
          .where('id', '=', refreshed.userId)
          .executeTakeFirstOrThrow();
        return signedIn(tools, tx, user.user_id, refreshed);
      },
      async (outcome) => {
        if ('state' in outcome && outcome.state === 'reused') {
          await tools.changes.announce('session', outcome.sessionId);
        }
      },
    );
    const outcome = written.reply;
    if ('state' in outcome) {
      fail('UNAUTHORIZED', {
        field: 'refresh_token',
        reason: 'The refresh token is expired, ended or not valid; sign in again',
      });
    }
    return written.as(outcome);
  },
});
