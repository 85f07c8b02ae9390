/** Tells those whom a comment concerns, each once, of the strongest reason: a reply, then a comment on their post, then a mention. */
import { sql } from 'kysely';
import type { Tx } from '../../shared/db/index.ts';
import { mentionsOf } from '../../shared/hashtags.ts';
import { notify, tellUntold } from '../../shared/notifications/index.ts';
import { maxTaggedUsers } from '../../shared/posts/fields.ts';
import { maySeeCommentBy, maySeePost } from '../../shared/users/audience.ts';
import type { Handler } from '../handler.ts';

type Comment = { id: number; post_id: number; user_id: number; text: string };
type Reason = 'reply' | 'comment' | 'mention';

export const notifyCommented: Handler<'notify-commented'> = async ({ commentId, repliedToId }, { tools }) => {
  const told = await tools.db.transaction().execute(async (tx) => {
    const comment = await lockComment(tx, commentId);
    if (!comment) return undefined;
    for (const { id, reason } of await peopleOf(tx, comment, repliedToId)) {
      await notify(tx, {
        userId: id,
        actorId: comment.user_id,
        type: reason,
        postId: comment.post_id,
        commentId: comment.id,
      });
    }
    return comment.post_id;
  });
  if (told !== undefined) await tellUntold(tools, { postId: told });
};

/**
 * Keeps the comment from being deleted before its notices are in, and from being told of by two runs at once.
 * The post is locked first, as its deletion does, so that the two wait for each other instead of deadlocking.
 */
async function lockComment(tx: Tx, commentId: string): Promise<Comment | undefined> {
  await sql`SELECT FROM posts p JOIN comments c ON c.post_id = p.id
    WHERE c.comment_id = ${commentId} FOR KEY SHARE OF p`.execute(tx);
  const { rows } = await sql<Comment>`SELECT id, post_id, user_id, text FROM comments
    WHERE comment_id = ${commentId} FOR NO KEY UPDATE`.execute(tx);
  return rows[0];
}

/**
 * Who is to be told, and of what; only who can read the comment, and who was not told of it before for whatever
 * reason. In the order of ids, so that two jobs at once wait for each other instead of deadlocking.
 */
async function peopleOf(
  tx: Tx,
  comment: Comment,
  repliedToId: string | undefined,
): Promise<{ id: number; reason: Reason }[]> {
  // As many as may be tagged in a post: more is a way to shout at strangers.
  const mentioned = mentionsOf(comment.text).slice(0, maxTaggedUsers);
  const viewer = sql.ref<number>('concerned.id');
  const { rows } = await sql<{ id: number; reason: Reason }>`
    SELECT concerned.id, CASE max(concerned.strength) WHEN 3 THEN 'reply' WHEN 2 THEN 'comment' ELSE 'mention' END
      AS reason
    FROM comments c
      JOIN posts p ON p.id = c.post_id JOIN users author ON author.id = p.user_id
      JOIN users writer ON writer.id = c.user_id
      JOIN comments top ON top.id = COALESCE(c.parent_id, c.id) JOIN users top_writer ON top_writer.id = top.user_id
      CROSS JOIN LATERAL (
        SELECT user_id AS id, 3 AS strength FROM comments
          WHERE comment_id = ${repliedToId ?? null} AND post_id = c.post_id
        UNION ALL SELECT p.user_id, 2
        UNION ALL SELECT id, 1 FROM users WHERE username = ANY(${mentioned})
      ) concerned
      JOIN users told ON told.id = concerned.id AND NOT told.is_hidden
    WHERE c.id = ${comment.id} AND concerned.id <> c.user_id
      AND ${maySeePost(viewer, 'p', 'author')}
      AND ${maySeeCommentBy(viewer, 'writer')} AND ${maySeeCommentBy(viewer, 'top_writer')}
      AND NOT EXISTS (SELECT FROM notifications n WHERE n.comment_id = c.id AND n.user_id = concerned.id
        AND n.type IN ('reply', 'comment', 'mention'))
    GROUP BY concerned.id ORDER BY concerned.id`.execute(tx);
  return rows;
}
