/** GET /v1/auth/passkeys: the passkeys that sign the viewer in, newest first. */
import { z } from 'zod';
import { isId } from '../../../shared/ids.ts';
import { passkeyOf, passkeySchema } from '../../auth/passkey-schema.ts';
import { decodeCursor, pageQuery } from '../../cursor.ts';
import { cutPage, pageFields } from '../../page.ts';
import { route } from '../../route.ts';

const cursorValues = z.tuple([z.string().refine((id) => isId('passkey', id))]);

export const listPasskeys = route({
  method: 'get',
  path: '/v1/auth/passkeys',
  area: 'auth',
  summary: 'List your passkeys',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: z.object({ passkeys: z.array(passkeySchema), ...pageFields }),
  errors: [],
  async handle({ viewer, query, tools }) {
    const before = query.cursor ? decodeCursor('passkeys', cursorValues, query.cursor)[0] : '~';
    const rows = await tools.db
      .selectFrom('passkeys')
      .select(['passkey_id', 'name', 'is_backed_up', 'created_at', 'used_at'])
      .where('user_id', '=', viewer.id)
      .where('removed_at', 'is', null)
      .where('passkey_id', '<', before)
      .orderBy('passkey_id', 'desc')
      .limit(query.limit + 1)
      .execute();
    const { rows: page, ...rest } = cutPage(rows, query.limit, 'passkeys', (row) => [row.passkey_id]);
    return { passkeys: page.map(passkeyOf), ...rest };
  },
});
