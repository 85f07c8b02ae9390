/** Comments as paths and bodies name them. */
import { sql } from 'kysely';
import type { Db } from '../../shared/db/index.ts';
import { isId } from '../../shared/ids.ts';
import { maySeeCommentBy, maySeePost } from '../../shared/users/audience.ts';

/** Internal ids of a comment, its post, who wrote both, and the top-level comment it replies to. */
export type FoundComment = {
  id: number;
  postId: number;
  authorId: number;
  postAuthorId: number;
  parentId: number | null;
  /** The viewer may see it: its post, its author, and the author of the comment it stands under. */
  isVisible: boolean;
};

/** The comment of this id, whether or not the viewer may see it. */
export async function findComment(
  db: Db,
  viewerId: number,
  commentId: string,
): Promise<FoundComment | undefined> {
  if (!isId('comment', commentId)) return undefined;
  const { rows } = await sql<FoundComment>`
    SELECT c.id, c.post_id AS "postId", c.user_id AS "authorId", p.user_id AS "postAuthorId",
      c.parent_id AS "parentId",
      ${maySeePost(viewerId, 'p', 'author')} AND ${maySeeCommentBy(viewerId, 'writer')}
        AND ${maySeeCommentBy(viewerId, 'top_writer')} AS "isVisible"
    FROM comments c JOIN posts p ON p.id = c.post_id JOIN users author ON author.id = p.user_id
      JOIN users writer ON writer.id = c.user_id
      JOIN comments top ON top.id = COALESCE(c.parent_id, c.id)
      JOIN users top_writer ON top_writer.id = top.user_id
    WHERE c.comment_id = ${commentId}`.execute(db);
  return rows[0];
}

/** The comment of this id if the viewer may see it. */
export async function findVisibleComment(
  db: Db,
  viewerId: number,
  commentId: string,
): Promise<FoundComment | undefined> {
  const comment = await findComment(db, viewerId, commentId);
  return comment?.isVisible ? comment : undefined;
}
