/** DELETE /v1/admin/comments/{comment_id}: removes a comment with its replies, as its author would. */
import { z } from 'zod';
import { afterRemoval, type Removal, removeComment } from '../../../shared/comments/remove.ts';
import { notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { record, wasDone } from '../../../shared/moderation/audit.ts';
import { route } from '../../route.ts';

export const takeDownComment = route({
  method: 'delete',
  path: '/v1/admin/comments/{comment_id}',
  area: 'moderation',
  summary: 'Remove a comment',
  auth: 'admin',
  params: z.object({ comment_id: z.string() }),
  status: 204,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    const commentId = params.comment_id;
    if (!isId('comment', commentId)) notFound('Comment', 'comment_id', commentId);
    let removal: Removal | undefined;
    return write(
      async (tx) => {
        const comment = await tx
          .selectFrom('comments')
          .innerJoin('users', 'users.id', 'comments.user_id')
          .select(['comments.id', 'comments.text', 'users.user_id as authorUserId'])
          .where('comment_id', '=', commentId)
          .executeTakeFirst();
        removal = comment && (await removeComment(tools, tx, comment.id, viewer.userId));
        // Safe to repeat, also for another admin.
        if (!removal && !(await wasDone(tools.db, 'comment.remove', commentId))) {
          notFound('Comment', 'comment_id', commentId);
        }
        if (!comment || !removal) return undefined;
        const by = { source: 'api', userId: viewer.userId } as const;
        const { authorUserId: author_id, text } = comment;
        const details = { author_id, post_id: removal.publicPostId, text };
        await record(tx, by, {
          action: 'comment.remove',
          targetType: 'comment',
          targetId: commentId,
          details,
        });
        return undefined;
      },
      async () => {
        if (removal) await afterRemoval(tools, removal);
      },
    );
  },
});
