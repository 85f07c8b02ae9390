/** Puts a post into the cached feeds of its author and followers; for many followers, part by part. */
import { sql } from 'kysely';
import { effectSplit } from '../../shared/effects.ts';
import { alignFeeds } from '../align-feeds.ts';
import { boundariesOf, rangesBetween } from '../followers.ts';
import type { Handler } from '../handler.ts';
import { pushPart } from '../push-part.ts';

export const fanOutPost: Handler<'fan-out-post'> = async ({ postId, eventId, requestId }, { tools }) => {
  const { rows } = await sql<{ author_id: number; user_id: string; is_archived: boolean }>`
    SELECT u.id AS author_id, u.user_id, p.is_archived
    FROM posts p JOIN users u ON u.id = p.user_id WHERE p.post_id = ${postId}`.execute(tools.db);
  const post = rows[0];
  if (!post || post.is_archived) return;

  await alignFeeds(tools, postId, [post.user_id]);
  const boundaries = await boundariesOf(tools.db, post.author_id);
  if (boundaries.length <= 1 || !eventId) {
    for (const range of rangesBetween(boundaries)) await pushPart(tools, postId, range);
    return;
  }
  const stands = await effectSplit(tools.db, { eventId, job: 'fan-out-post' }, boundaries);
  await tools.queues.addAll(
    rangesBetween(stands).map((range, part) => ({
      name: 'push-to-feeds',
      payload: { postId, eventId, part, ...range, requestId },
      id: `${eventId}-push-${part}`,
    })),
  );
};
