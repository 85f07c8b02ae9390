/** What a feed is: the definition in SQL that every cached feed must equal. */
import { type RawBuilder, sql } from 'kysely';
import type { Counter } from '../counts/counters.ts';
import type { Db, Tx } from '../db/index.ts';

/**
 * Whose posts make up a user's feed: those they follow, without muted and hidden ones, and themselves. Blocks need
 * no mention: there is no follow across one.
 *
 * @param viewerId internal id
 * @returns a query of `id` and `is_merged`; one's own posts are never merged.
 */
export function authorsOf(viewerId: number): RawBuilder<{ id: number; is_merged: boolean }> {
  return sql`SELECT f.following_id AS id, u.merged_since IS NOT NULL AS is_merged
    FROM follows f JOIN users u ON u.id = f.following_id
    WHERE f.follower_id = ${viewerId} AND NOT u.is_hidden
      AND NOT EXISTS (SELECT FROM mutes WHERE muter_id = ${viewerId} AND muted_id = f.following_id)
    UNION ALL SELECT ${viewerId}::bigint, false`;
}

/**
 * The feed of one user: posts of its authors, newest first, without archived ones.
 *
 * @param viewerId internal id
 * @param beforePostId only posts older than this one; a post id sorts by its time of creation
 * @param options.withoutMerged leave out the posts that are merged in at read time
 */
export async function feedFromPostgres(
  db: Db,
  viewerId: number,
  beforePostId: string | undefined,
  limit: number,
  { withoutMerged = false }: { withoutMerged?: boolean } = {},
): Promise<string[]> {
  const { rows } = await sql<{ post_id: string }>`
    WITH authors AS (${authorsOf(viewerId)})
    SELECT newest.post_id
    FROM authors CROSS JOIN LATERAL (
      SELECT post_id FROM posts
      WHERE user_id = authors.id AND NOT is_archived AND post_id < ${beforePostId ?? '~'}
      ORDER BY post_id DESC LIMIT ${limit}
    ) newest
    WHERE NOT (${withoutMerged} AND authors.is_merged)
    ORDER BY newest.post_id DESC LIMIT ${limit}`.execute(db);
  return rows.map((row) => row.post_id);
}

/** What a cached feed says of its owner beside posts. */
export type FeedTraits = {
  /** Somebody has blocked the owner. */
  isBlocked: boolean;
  /** The internal ids of the authors whose posts are merged in. */
  mergedAuthorIds: number[];
};

/** Reads what a cached feed says of its owner. */
export async function traitsFromPostgres(db: Db, viewerId: number): Promise<FeedTraits> {
  const { rows } = await sql<FeedTraits>`
    WITH authors AS (${authorsOf(viewerId)})
    SELECT EXISTS (SELECT FROM blocks WHERE blocked_id = ${viewerId}) AS "isBlocked",
      (SELECT COALESCE(json_agg(id ORDER BY id), '[]') FROM authors WHERE is_merged) AS "mergedAuthorIds"`.execute(
    db,
  );
  return rows[0] as FeedTraits;
}

/**
 * The newest posts of authors that can be in feeds, newest first. Who has none is missing.
 *
 * @param authorIds internal ids
 * @param limit of each author
 */
export async function newestPostsOf(
  db: Db,
  authorIds: number[],
  limit: number,
): Promise<Map<number, string[]>> {
  const { rows } = await sql<{ id: number; post_ids: string[] }>`
    SELECT u.id, array_agg(newest.post_id::text ORDER BY newest.post_id DESC) AS post_ids
    FROM users u CROSS JOIN LATERAL (
      SELECT post_id FROM posts WHERE user_id = u.id AND NOT is_archived ORDER BY post_id DESC LIMIT ${limit}
    ) newest
    WHERE u.id = ANY(${authorIds}) AND NOT u.is_hidden GROUP BY u.id`.execute(db);
  return new Map(rows.map((row) => [row.id, row.post_ids]));
}

/**
 * What a viewer did to posts, by post id. A value is the number of the newest act that still waits to be counted,
 * 0 if none does, negative if the act undid the mark; a post that is not marked and has none is missing.
 */
export type Marks = { liked: Map<string, number>; saved: Map<string, number> };

/** Reads the marks of these posts. */
export async function marksFromPostgres(db: Db | Tx, viewerId: number, postIds: string[]): Promise<Marks> {
  const newestAct = (counter: Counter) => sql`COALESCE((SELECT max(d.id) FROM count_deltas d
    WHERE d.counter = ${counter} AND d.target_id = p.id AND d.actor_id = ${viewerId}), 0)`;
  const { rows } = await sql<{
    post_id: string;
    liked: boolean;
    like_act: number;
    saved: boolean;
    save_act: number;
  }>`
    SELECT p.post_id, ${newestAct('post.likes')} AS like_act, ${newestAct('post.saves')} AS save_act,
      EXISTS (SELECT FROM likes l WHERE l.user_id = ${viewerId} AND l.post_id = p.id) AS liked,
      EXISTS (SELECT FROM saves s WHERE s.user_id = ${viewerId} AND s.post_id = p.id) AS saved
    FROM posts p WHERE p.post_id = ANY(${postIds})`.execute(db);
  const marks: Marks = { liked: new Map(), saved: new Map() };
  for (const { post_id: postId, liked, like_act, saved, save_act } of rows) {
    if (liked || like_act > 0) marks.liked.set(postId, liked ? like_act : -like_act);
    if (saved || save_act > 0) marks.saved.set(postId, saved ? save_act : -save_act);
  }
  return marks;
}
