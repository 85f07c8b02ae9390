/** DELETE /v1/admin/users/{user_id}/suspend: lifts a suspension; the account and all it shows are back. */
import { z } from 'zod';
import { type AccountChange, afterAccountChange, reinstate } from '../../../shared/moderation/accounts.ts';
import { accountSchema, findAccount } from '../../moderation/accounts.ts';
import { route } from '../../route.ts';

export const reinstateUser = route({
  method: 'delete',
  path: '/v1/admin/users/{user_id}/suspend',
  area: 'moderation',
  summary: 'Lift the suspension of an account',
  auth: 'admin',
  params: z.object({ user_id: z.string().describe('A user id or @username.') }),
  status: 200,
  reply: accountSchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    const cdn = tools.config.CDN_BASE_URL;
    const { user_id: userId } = await findAccount(tools.db, cdn, params.user_id);
    let change: AccountChange | undefined;
    return write(
      async (tx) => {
        change = await reinstate(tools, tx, { source: 'api', userId: viewer.userId }, userId);
        return findAccount(tx, cdn, userId);
      },
      async () => {
        if (change) await afterAccountChange(tools, change);
      },
    );
  },
});
