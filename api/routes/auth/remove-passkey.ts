/** DELETE /v1/auth/passkeys/{passkey_id}: it signs in no more. Sessions it began go on. */
import { sql } from 'kysely';
import { z } from 'zod';
import { notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { route } from '../../route.ts';

export const removePasskey = route({
  method: 'delete',
  path: '/v1/auth/passkeys/{passkey_id}',
  area: 'auth',
  summary: 'Remove a passkey',
  auth: 'user',
  params: z.object({
    passkey_id: z.string().meta({ examples: ['passkey_01j8z3k4m5n6p7q8r9s0t1v2w3'] }),
  }),
  status: 204,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write }) {
    const passkeyId = params.passkey_id;
    if (!isId('passkey', passkeyId)) notFound('Passkey', 'passkey_id', passkeyId);
    return write(async (tx) => {
      const removed = await tx
        .updateTable('passkeys')
        .set({ removed_at: sql<Date>`COALESCE(removed_at, now())` })
        .where('passkey_id', '=', passkeyId)
        .where('user_id', '=', viewer.id)
        .returning('passkey_id')
        .executeTakeFirst();
      if (!removed) notFound('Passkey', 'passkey_id', passkeyId);
      return undefined;
    });
  },
});
