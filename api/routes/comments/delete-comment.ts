/** DELETE /v1/comments/{comment_id}: by who wrote it or whose post it stands under, whether they still see it or not. */
import { sql } from 'kysely';
import { z } from 'zod';
import { afterRemoval, type Removal, removeComment } from '../../../shared/comments/remove.ts';
import { fail, notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import type { Tools } from '../../../shared/tools.ts';
import { findComment } from '../../comments/find.ts';
import { route } from '../../route.ts';

export const deleteComment = route({
  method: 'delete',
  path: '/v1/comments/{comment_id}',
  area: 'comments',
  summary: 'Delete a comment with its replies',
  auth: 'user',
  params: z.object({ comment_id: z.string() }),
  status: 204,
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, write, tools }) {
    const commentId = params.comment_id;
    const found = await findComment(tools.db, viewer.id, commentId);
    // A retry of a delete whose reply was lost succeeds again.
    if (!found && !(await wasDeletedBy(tools, commentId, viewer.userId))) {
      notFound('Comment', 'comment_id', commentId);
    }
    if (found && found.authorId !== viewer.id && found.postAuthorId !== viewer.id) {
      if (!found.isVisible) notFound('Comment', 'comment_id', commentId);
      fail('FORBIDDEN', {
        field: 'comment_id',
        reason: 'Only who wrote it and whose post it stands under may delete a comment',
      });
    }
    let removal: Removal | undefined;
    return write(
      async (tx) => {
        if (found) removal = await removeComment(tools, tx, found.id, viewer.userId);
        return undefined;
      },
      async () => {
        if (removal) await afterRemoval(tools, removal);
      },
    );
  },
});

async function wasDeletedBy({ db }: Tools, commentId: string, userId: string): Promise<boolean> {
  if (!isId('comment', commentId)) return false;
  const { rows } = await sql`SELECT FROM effects WHERE subject = ${commentId} AND event = 'commentDeleted'
    AND payload ->> 'deletedBy' = ${userId} LIMIT 1`.execute(db);
  return rows.length > 0;
}
