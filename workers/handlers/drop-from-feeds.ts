/** Takes a deleted or archived post out of the cached feeds. Reads skip it already; this frees its place. */
import { sql } from 'kysely';
import { alignFeeds } from '../align-feeds.ts';
import { boundariesOf, followersWithin, rangesBetween } from '../followers.ts';
import type { Handler } from '../handler.ts';

export const dropFromFeeds: Handler<'drop-from-feeds'> = async ({ postId, authorId }, { tools, signal }) => {
  const { db } = tools;
  const visible = await sql`SELECT FROM posts WHERE post_id = ${postId} AND NOT is_archived`.execute(db);
  if (visible.rows.length > 0) return;
  const author = await db.selectFrom('users').select('id').where('user_id', '=', authorId).executeTakeFirst();
  await alignFeeds(tools, postId, [authorId]);
  if (!author) return;
  for (const range of rangesBetween(await boundariesOf(db, author.id))) {
    signal.throwIfAborted();
    await alignFeeds(tools, postId, await followersWithin(db, author.id, range));
  }
};
