/** Comments as one viewer sees them, read fresh from Postgres: counts contain the deltas that wait for their roll-up. */
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../../shared/db/index.ts';
import { maySeeCommentBy } from '../../shared/users/audience.ts';
import { type CardRow, cardOf } from '../../shared/users/cards.ts';
import type { Comment } from './schema.ts';

type Row = CardRow & Omit<Comment, 'user' | 'created_at'> & { created_at: Date };

/** Selects comments as `c`, with their author as `writer`; what follows says which, and in what order. */
function selectComments(viewerId: number): RawBuilder<Row> {
  return sql<Row>`
    SELECT c.comment_id, p.post_id, top.comment_id AS parent_id, c.text, c.created_at,
      writer.user_id, writer.username, writer.profile_pic_url, writer.is_verified,
      c.like_count + COALESCE((SELECT sum(delta) FROM count_deltas
        WHERE counter = 'comment.likes' AND target_id = c.id), 0)::int AS like_count,
      c.reply_count + COALESCE((SELECT sum(delta) FROM count_deltas
        WHERE counter = 'comment.replies' AND target_id = c.id), 0)::int AS reply_count,
      EXISTS (SELECT FROM comment_likes WHERE comment_id = c.id AND user_id = ${viewerId}) AS is_liked
    FROM comments c JOIN posts p ON p.id = c.post_id JOIN users writer ON writer.id = c.user_id
      LEFT JOIN comments top ON top.id = c.parent_id`;
}

function present(cdn: string, { user_id, username, profile_pic_url, is_verified, ...row }: Row): Comment {
  return {
    comment_id: row.comment_id,
    post_id: row.post_id,
    user: cardOf(cdn, { user_id, username, profile_pic_url, is_verified }),
    text: row.text,
    parent_id: row.parent_id,
    like_count: row.like_count,
    reply_count: row.reply_count,
    is_liked: row.is_liked,
    created_at: row.created_at.toISOString(),
  };
}

/** Where a page begins and how many comments it reads. */
type Span = { after: string | undefined; limit: number };

/**
 * Top-level comments of a post, the newest first; those the viewer may not see are left out.
 *
 * @param postId internal id
 * @param span.after the id of the last comment of the page before
 */
export async function commentsOfPost(
  db: Db,
  cdn: string,
  viewerId: number,
  postId: number,
  { after, limit }: Span,
): Promise<Comment[]> {
  const { rows } = await sql<Row>`${selectComments(viewerId)}
    WHERE c.post_id = ${postId} AND c.parent_id IS NULL AND c.comment_id < ${after ?? '~'}
      AND ${maySeeCommentBy(viewerId, 'writer')}
    ORDER BY c.comment_id DESC LIMIT ${limit}`.execute(db);
  return rows.map((row) => present(cdn, row));
}

/**
 * Replies to a top-level comment, the oldest first, as a conversation is read; those the viewer may not see are
 * left out.
 *
 * @param commentId internal id
 * @param span.after the id of the last reply of the page before
 */
export async function repliesToComment(
  db: Db,
  cdn: string,
  viewerId: number,
  commentId: number,
  { after, limit }: Span,
): Promise<Comment[]> {
  const { rows } = await sql<Row>`${selectComments(viewerId)}
    WHERE c.parent_id = ${commentId} AND c.comment_id > ${after ?? ''}
      AND ${maySeeCommentBy(viewerId, 'writer')}
    ORDER BY c.comment_id LIMIT ${limit}`.execute(db);
  return rows.map((row) => present(cdn, row));
}

/** One comment; for the reply inside the transaction that wrote it. */
export async function presentComment(
  db: Db | Tx,
  cdn: string,
  viewerId: number,
  commentId: string,
): Promise<Comment> {
  const { rows } = await sql<Row>`${selectComments(viewerId)}
    WHERE c.comment_id = ${commentId}`.execute(db);
  if (!rows[0]) throw new Error(`comment ${commentId} was not written`);
  return present(cdn, rows[0]);
}
