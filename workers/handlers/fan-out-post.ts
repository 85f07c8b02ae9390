/** Puts a post into the cached feeds of its author and followers; of many followers part by part, of very many not at all. */
import { sql } from 'kysely';
import { markAgain } from '../align-feeds.ts';
import { beginMerging } from '../begin-merging.ts';
import { followersAmong } from '../followers.ts';
import type { Handler } from '../handler.ts';
import { pushPart } from '../push-part.ts';
import { type Walk, walkFollowers } from '../walk-followers.ts';

export const fanOutPost: Handler<'fan-out-post'> = async ({ postId, eventId, requestId }, { tools }) => {
  const { rows } = await sql<{
    author_id: number;
    user_id: string;
    is_archived: boolean;
    is_pushed: boolean;
  }>`
    SELECT u.id AS author_id, u.user_id, p.is_archived, u.unpushed_since IS NULL AS is_pushed
    FROM posts p JOIN users u ON u.id = p.user_id WHERE p.post_id = ${postId}`.execute(tools.db);
  const post = rows[0];
  if (!post) return;
  // The request did so already; this makes sure of it.
  await tools.feeds.authorChanged(post.author_id);
  if (post.is_archived) return;

  // Archived by now, it does no harm in the author's feed: pages leave it out, and the next job forgets the feed.
  await markAgain(tools, postId, [post.user_id]);
  await tools.feeds.push([post.user_id], postId);
  await beginMerging(tools, { id: post.author_id, userId: post.user_id }, postId);
  const walk: Walk = {
    effect: { eventId, job: 'fan-out-post' },
    run: (range) => pushPart(tools, postId, range),
    enqueue: (range, part, ofEvent) => ({
      name: 'push-to-feeds',
      payload: { postId, eventId: ofEvent, part, ...range, requestId },
      id: `${ofEvent}-push-${part}`,
    }),
  };
  await walkFollowers(tools, post.author_id, walk, post.is_pushed);
  if (post.is_pushed) return;
  await tools.live.tellConnected(
    (userIds) => followersAmong(tools.db, post.author_id, userIds),
    'feed.new_post',
    { post_id: postId, user_id: post.user_id },
  );
};
