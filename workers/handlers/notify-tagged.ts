/** Tells those who were tagged in a post, and those its caption mentions, once each. */
import { sql } from 'kysely';
import type { Tx } from '../../shared/db/index.ts';
import { mentionsOf } from '../../shared/hashtags.ts';
import { notify, tellUntold } from '../../shared/notifications/index.ts';
import { maxTaggedUsers } from '../../shared/posts/fields.ts';
import { maySee } from '../../shared/users/audience.ts';
import type { Handler } from '../handler.ts';

type Post = { id: number; author_id: number; caption: string | null };

export const notifyTagged: Handler<'notify-tagged'> = async ({ postId }, { tools }) => {
  const told = await tools.db.transaction().execute(async (tx) => {
    // The lock keeps the post from being deleted before its notices are in.
    const { rows } = await sql<Post>`
      SELECT id, user_id AS author_id, caption FROM posts
      WHERE post_id = ${postId} AND NOT is_archived FOR KEY SHARE`.execute(tx);
    const [post] = rows;
    if (!post) return undefined;
    for (const { id, type } of await peopleOf(tx, post)) {
      await notify(tx, { userId: id, actorId: post.author_id, type, postId: post.id });
    }
    return post.id;
  });
  if (told !== undefined) await tellUntold(tools, { postId: told });
};

/**
 * Who is in the post; someone tagged and mentioned counts as tagged. A post concerns only who may see it. In
 * the order of ids, so that two runs at once wait for each other instead of deadlocking.
 */
async function peopleOf(tx: Tx, post: Post): Promise<{ id: number; type: 'tag' | 'mention' }[]> {
  // As many as may be tagged: more is a way to shout at strangers.
  const mentioned = mentionsOf(post.caption ?? '').slice(0, maxTaggedUsers);
  const { rows } = await sql<{ id: number; type: 'tag' | 'mention' }>`
    SELECT named.id, CASE WHEN bool_or(named.is_tagged) THEN 'tag' ELSE 'mention' END AS type
    FROM (SELECT user_id AS id, true AS is_tagged FROM post_tags WHERE post_id = ${post.id}
      UNION ALL SELECT id, false FROM users WHERE username = ANY(${mentioned})) named
      JOIN users author ON author.id = ${post.author_id}
    WHERE ${maySee(sql.ref<number>('named.id'), 'author')}
    GROUP BY named.id ORDER BY named.id`.execute(tx);
  return rows;
}
