/** GET /v1/explore: what is popular among people the viewer does not follow. */
import { sql } from 'kysely';
import { z } from 'zod';
import { fail } from '../../../shared/errors.ts';
import { presentPosts } from '../../../shared/posts/present.ts';
import type { Tools } from '../../../shared/tools.ts';
import { maySeePost } from '../../../shared/users/audience.ts';
import { decodeCursor, encodeCursor, pageQuery } from '../../cursor.ts';
import { postPageSchema } from '../../discovery/post-page.ts';
import { openRankings } from '../../discovery/rankings.ts';
import { route } from '../../route.ts';

/** A ranking is no longer than a few minutes what is popular now. */
const cursorExpiresInS = 300;

/** The ranking, and where in it the next page begins. */
const cursorValues = z.tuple([z.uuid(), z.int().min(0)]);

export const explore = route({
  method: 'get',
  path: '/v1/explore',
  area: 'discovery',
  summary: 'Discover popular posts of others',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: postPageSchema,
  errors: ['GONE'],
  async handle({ viewer, query, tools }) {
    const rankings = openRankings(tools.cache, tools.db);
    let [rankingId, at] = query.cursor
      ? decodeCursor('explore', cursorValues, query.cursor, cursorExpiresInS)
      : ([await rankings.latest(), 0] as const);
    const shown: string[] = [];
    let hasMore = true;
    while (hasMore && shown.length < query.limit) {
      const wanted = query.limit - shown.length;
      // Some of them the viewer knows already or may not see.
      const postIds = await rankings.slice(rankingId, at, 2 * wanted + 1);
      if (!postIds)
        fail('GONE', { field: 'cursor', reason: 'This cursor has expired; begin again without it' });
      const unknown = await unknownTo(tools, viewer.id, postIds);
      const taken = unknown.slice(0, wanted);
      const last = taken.length === wanted ? postIds.indexOf(taken.at(-1) as string) + 1 : postIds.length;
      shown.push(...taken);
      at += last;
      hasMore = last < postIds.length || postIds.length === 2 * wanted + 1;
    }
    return {
      posts: await presentPosts(tools, viewer, shown),
      next_cursor: hasMore ? encodeCursor('explore', [rankingId, at]) : null,
      has_more: hasMore,
    };
  },
});

/** Those of the posts that are new to the viewer: of nobody they follow or mute, not their own, and visible. */
async function unknownTo({ db }: Tools, viewerId: number, postIds: string[]): Promise<string[]> {
  const { rows } = await sql<{ post_id: string }>`
    SELECT p.post_id FROM posts p JOIN users u ON u.id = p.user_id
    WHERE p.post_id = ANY(${postIds}) AND p.user_id <> ${viewerId} AND ${maySeePost(viewerId, 'p', 'u')}
      AND NOT EXISTS (SELECT FROM follows WHERE follower_id = ${viewerId} AND following_id = p.user_id)
      AND NOT EXISTS (SELECT FROM mutes WHERE muter_id = ${viewerId} AND muted_id = p.user_id)`.execute(db);
  const unknown = new Set(rows.map((row) => row.post_id));
  return postIds.filter((postId) => unknown.has(postId));
}
