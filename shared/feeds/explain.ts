/** Why a post is in somebody's feed, or is not. */
import { sql } from 'kysely';
import type { Db } from '../db/index.ts';
import type { FeedOwner } from './cached.ts';
import type { FeedSource, Feeds } from './index.ts';
import { authorsOf } from './postgres.ts';

/** Positions are counted as far as this; it is more pages than anybody scrolls. */
const mostCounted = 1_000;

/** Every reason there is, in the words of the API. None of them tells of a block. */
export const feedReasons = {
  own_post: 'It is your own post.',
  follows_author: 'You follow its author.',
  not_following: 'You do not follow its author.',
  author_muted: 'You have muted its author.',
  archived: 'It is archived.',
  on_its_way: 'It has not reached your feed yet; it will in a moment.',
  being_removed: 'It is about to leave your feed.',
} as const;

export type FeedReason = keyof typeof feedReasons;

export type Explanation = {
  isInFeed: boolean;
  reasons: FeedReason[];
  /** Where the feed takes it from; undefined if it is not in it. */
  source: FeedSource | undefined;
  /** 1 for the newest post of the feed; undefined if it is not in it or deeper than 1,000. */
  position: number | undefined;
};

type Facts = { is_own: boolean; follows: boolean; mutes: boolean; is_archived: boolean };

/**
 * Explains a post the viewer may see.
 *
 * @returns undefined if it is gone by now.
 */
export async function explainPost(
  { db, feeds }: { db: Db; feeds: Feeds },
  viewer: FeedOwner,
  postId: string,
): Promise<Explanation | undefined> {
  const { rows } = await sql<Facts>`
    SELECT p.user_id = ${viewer.id} AS is_own, p.is_archived,
      EXISTS (SELECT FROM follows WHERE follower_id = ${viewer.id} AND following_id = p.user_id) AS follows,
      EXISTS (SELECT FROM mutes WHERE muter_id = ${viewer.id} AND muted_id = p.user_id) AS mutes
    FROM posts p WHERE p.post_id = ${postId}`.execute(db);
  const [facts] = rows;
  if (!facts) return undefined;
  // What a page does: whatever the feed has, an archived post is not shown.
  const source = facts.is_archived ? undefined : await feeds.sourceOf(viewer, postId);
  const reasons: FeedReason[] = [];
  if (facts.is_own) reasons.push('own_post');
  else reasons.push(facts.follows ? 'follows_author' : 'not_following');
  if (facts.mutes) reasons.push('author_muted');
  if (facts.is_archived) reasons.push('archived');
  const belongs = (facts.is_own || (facts.follows && !facts.mutes)) && !facts.is_archived;
  if (belongs && !source) reasons.push('on_its_way');
  if (!belongs && source) reasons.push('being_removed');
  return {
    isInFeed: source !== undefined,
    reasons,
    source,
    position: source && (await positionOf(db, viewer.id, postId)),
  };
}

/** How many posts of the feed are newer, plus one. */
async function positionOf(db: Db, viewerId: number, postId: string): Promise<number | undefined> {
  const { rows } = await sql<{ newer: number }>`
    WITH authors AS (${authorsOf(viewerId)})
    SELECT count(*)::int AS newer FROM (
      SELECT FROM authors CROSS JOIN LATERAL (
        SELECT FROM posts WHERE user_id = authors.id AND NOT is_archived AND post_id > ${postId}
        LIMIT ${mostCounted}
      ) newer
      LIMIT ${mostCounted}
    ) counted`.execute(db);
  const position = (rows[0]?.newer ?? 0) + 1;
  return position <= mostCounted ? position : undefined;
}
