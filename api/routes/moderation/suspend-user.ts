/** POST /v1/admin/users/{user_id}/suspend: signs an account out everywhere and hides all it shows, at once. */
import { z } from 'zod';
import { atMost } from '../../../shared/characters.ts';
import { fail } from '../../../shared/errors.ts';
import { type AccountChange, afterAccountChange, suspend } from '../../../shared/moderation/accounts.ts';
import { accountSchema, findAccount } from '../../moderation/accounts.ts';
import { route } from '../../route.ts';

const maxReasonLength = 1_000;

export const suspendUser = route({
  method: 'post',
  path: '/v1/admin/users/{user_id}/suspend',
  area: 'moderation',
  summary: 'Suspend an account',
  auth: 'admin',
  params: z.object({ user_id: z.string().describe('A user id or @username.') }),
  body: z.strictObject({
    reason: z
      .string()
      .trim()
      .min(1, 'Must not be empty')
      .refine(...atMost(maxReasonLength))
      .describe('For the audit log; the user is not told.')
      .meta({ maxLength: maxReasonLength, examples: ['Sells followers'] }),
  }),
  status: 200,
  reply: accountSchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, body, write, tools }) {
    const cdn = tools.config.CDN_BASE_URL;
    const { user_id: userId } = await findAccount(tools.db, cdn, params.user_id);
    if (userId === viewer.userId) {
      fail('INVALID_INPUT', { field: 'user_id', reason: 'You cannot suspend yourself' });
    }
    let change: AccountChange | undefined;
    return write(
      async (tx) => {
        change = await suspend(tools, tx, { source: 'api', userId: viewer.userId }, userId, body.reason);
        return findAccount(tx, cdn, userId);
      },
      async () => {
        if (change) await afterAccountChange(tools, change);
      },
    );
  },
});
