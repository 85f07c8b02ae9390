/** PATCH /v1/admin/users/{user_id}: changes an account's tier, mark or role; what is not given stays. */
import { z } from 'zod';
import { fail } from '../../../shared/errors.ts';
import {
  type AccountChange,
  afterAccountChange,
  changeAccount,
} from '../../../shared/moderation/accounts.ts';
import { accountSchema, findAccount, roles, tiers } from '../../moderation/accounts.ts';
import { route } from '../../route.ts';

export const changeUser = route({
  method: 'patch',
  path: '/v1/admin/users/{user_id}',
  area: 'moderation',
  summary: "Change an account's tier, mark or role",
  auth: 'admin',
  params: z.object({ user_id: z.string().describe('A user id or @username.') }),
  body: z.strictObject({
    tier: z.enum(tiers).optional(),
    is_verified: z.boolean().optional(),
    role: z
      .enum(roles)
      .optional()
      .describe('An admin cannot change their own: the last one could not get it back.'),
  }),
  status: 200,
  reply: accountSchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, body, write, tools }) {
    const cdn = tools.config.CDN_BASE_URL;
    const { user_id: userId } = await findAccount(tools.db, cdn, params.user_id);
    if (userId === viewer.userId && body.role !== undefined && body.role !== viewer.role) {
      fail('INVALID_INPUT', { field: 'role', reason: 'You cannot change your own role' });
    }
    const { tier, is_verified, role } = body;
    const changes = {
      ...(tier === undefined ? {} : { tier }),
      ...(is_verified === undefined ? {} : { is_verified }),
      ...(role === undefined ? {} : { role }),
    };
    let change: AccountChange | undefined;
    return write(
      async (tx) => {
        change = await changeAccount(tools, tx, { source: 'api', userId: viewer.userId }, userId, changes);
        return findAccount(tx, cdn, userId);
      },
      async () => {
        if (change) await afterAccountChange(tools, change);
      },
    );
  },
});
