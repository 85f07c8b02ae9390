/** Takes a deleted or archived post out of the cached feeds. Reads skip it already; this frees its place. */
import { sql } from 'kysely';
import { alignFeeds } from '../align-feeds.ts';
import { boundariesOf, followersWithin, rangesBetween } from '../followers.ts';
import type { Handler } from '../handler.ts';

export const dropFromFeeds: Handler<'drop-from-feeds'> = async ({ postId, authorId }, { tools, signal }) => {
  const { db } = tools;
  const author = await db
    .selectFrom('users')
    .select(['id', 'unpushed_since'])
    .where('user_id', '=', authorId)
    .executeTakeFirst();
  // The request did so already; this makes sure of it.
  if (author) await tools.feeds.authorChanged(author.id);
  const { rows } = await sql<{ is_archived: boolean }>`
    SELECT is_archived FROM posts WHERE post_id = ${postId}`.execute(db);
  const [post] = rows;
  if (post && !post.is_archived) return;
  // The author may take an archiving back at this very moment, and must not miss the post for one: forgetting leaves no hole.
  if (post) await tools.feeds.forget(authorId);
  else await tools.feeds.drop([authorId], postId);
  // What was pushed before the author was merged is not worth a walk over so many followers.
  if (!author || author.unpushed_since) return;
  for (const range of rangesBetween(await boundariesOf(db, author.id))) {
    signal.throwIfAborted();
    await alignFeeds(tools, postId, (await followersWithin(db, author.id, range)).userIds);
  }
};
