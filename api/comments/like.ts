/** Liking and unliking a comment: the row and a delta, never the counted comment. */
import { z } from 'zod';
import { addDelta, exactCount } from '../../shared/counts/index.ts';
import { isDangling } from '../../shared/db/index.ts';
import { notFound } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Viewer, Write } from '../route.ts';
import { findVisibleComment } from './find.ts';

export const commentLikeReplySchema = z
  .object({ comment_id: z.string(), is_liked: z.boolean(), like_count: z.int() })
  .meta({ id: 'CommentLikeState' });

/** Makes the comment liked by the viewer, or not; doing so twice changes nothing. */
export async function setCommentLiked(
  tools: Tools,
  viewer: Viewer,
  commentId: string,
  liked: boolean,
  write: Write,
) {
  const comment = await findVisibleComment(tools.db, viewer.id, commentId);
  if (!comment) notFound('Comment', 'comment_id', commentId);
  let changed = false;
  return write(
    async (tx) => {
      const row = liked
        ? await tx
            .insertInto('comment_likes')
            .values({ user_id: viewer.id, comment_id: comment.id })
            .onConflict((conflict) => conflict.doNothing())
            .returning('comment_id')
            .executeTakeFirst()
            .catch((error: unknown) => {
              // Deleted since it was found.
              if (isDangling(error)) notFound('Comment', 'comment_id', commentId);
              throw error;
            })
        : await tx
            .deleteFrom('comment_likes')
            .where('user_id', '=', viewer.id)
            .where('comment_id', '=', comment.id)
            .returning('comment_id')
            .executeTakeFirst();
      if (row) {
        changed = true;
        await addDelta(tx, 'comment.likes', comment.id, liked ? 1 : -1, viewer.id);
      }
      return {
        comment_id: commentId,
        is_liked: liked,
        like_count: await exactCount(tx, 'comment.likes', comment.id),
      };
    },
    async () => {
      if (changed) await tools.rollUp('comment.likes', comment.id);
    },
  );
}
