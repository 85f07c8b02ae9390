/** DELETE /v1/users/me/highlights/{highlight_id}: its stories stay in the archive. */
import { sql } from 'kysely';
import { z } from 'zod';
import { notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { route } from '../../route.ts';

export const deleteHighlight = route({
  method: 'delete',
  path: '/v1/users/me/highlights/{highlight_id}',
  area: 'stories',
  summary: 'Take a highlight down',
  auth: 'user',
  params: z.object({ highlight_id: z.string() }),
  status: 204,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    const highlightId = params.highlight_id;
    const found = isId('highlight', highlightId)
      ? await tools.db
          .selectFrom('highlights')
          .select('id')
          .where('highlight_id', '=', highlightId)
          .where('user_id', '=', viewer.id)
          .executeTakeFirst()
      : undefined;
    if (!found) notFound('Highlight', 'highlight_id', highlightId);
    return write(async (tx) => {
      await tx
        .updateTable('highlights')
        .set({ deleted_at: sql<Date>`COALESCE(deleted_at, now())` })
        .where('id', '=', found.id)
        .execute();
      await tx.deleteFrom('highlight_stories').where('highlight_id', '=', found.id).execute();
      return undefined;
    });
  },
});
