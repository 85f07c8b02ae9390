/** Removing a comment: its replies, likes and notices go along, and the counts follow. */
import { sql } from 'kysely';
import { addDelta } from '../counts/index.ts';
import type { Tx } from '../db/index.ts';
import type { Tools } from '../tools.ts';

/** What a removal changed, for `afterRemoval`. Ids are internal but for the post's public one. */
export type Removal = { postId: number; publicPostId: string; parentId: number | null };

/**
 * Removes a comment. Call `afterRemoval` after the commit.
 *
 * @param id internal id
 * @param deletedBy public id of who removes it
 * @returns undefined if there is no such comment (any more).
 */
export async function removeComment(
  { outbox }: Tools,
  tx: Tx,
  id: number,
  deletedBy: string,
): Promise<Removal | undefined> {
  // Replies that are being written hold a share of this lock: the deletion sees, and counts, each of them.
  const { rows } = await sql<{ comment_id: string; parent_id: number | null; id: number; post_id: string }>`
    SELECT c.comment_id, c.parent_id, p.id, p.post_id FROM comments c JOIN posts p ON p.id = c.post_id
    WHERE c.id = ${id} FOR UPDATE OF c`.execute(tx);
  const [comment] = rows;
  if (!comment) return undefined;
  const removed = await tx
    .deleteFrom('comments')
    .where((where) => where.or([where('id', '=', id), where('parent_id', '=', id)]))
    .returning('id')
    .execute();
  await addDelta(tx, 'post.comments', comment.id, -removed.length);
  if (comment.parent_id !== null) await addDelta(tx, 'comment.replies', comment.parent_id, -1);
  await outbox.emit(tx, 'commentDeleted', comment.comment_id, { postId: comment.post_id, deletedBy });
  return { postId: comment.id, publicPostId: comment.post_id, parentId: comment.parent_id };
}

/** Makes a removal known: the post's copies are forgotten, the counts added up. */
export async function afterRemoval(tools: Tools, { postId, publicPostId, parentId }: Removal): Promise<void> {
  await Promise.all([
    tools.changes.announce('post', publicPostId),
    tools.wakeRelay(),
    tools.rollUp('post.comments', postId),
    parentId === null ? undefined : tools.rollUp('comment.replies', parentId),
  ]);
}
