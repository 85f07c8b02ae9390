/** What a feed is: the definition in SQL that every cached feed must equal. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';

/**
 * The feed of one user: posts of those they follow and their own, newest first, without archived ones and those
 * of muted and hidden authors. Blocks need no mention: there is no follow across one.
 *
 * @param viewerId internal id
 * @param beforePostId only posts older than this one; a post id sorts by its time of creation
 */
export async function feedFromPostgres(
  db: Db,
  viewerId: number,
  beforePostId: string | undefined,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ post_id: string }>`
    WITH authors AS (
      SELECT f.following_id AS id FROM follows f JOIN users u ON u.id = f.following_id
      WHERE f.follower_id = ${viewerId} AND NOT u.is_hidden
        AND NOT EXISTS (SELECT FROM mutes WHERE muter_id = ${viewerId} AND muted_id = f.following_id)
      UNION ALL SELECT ${viewerId}::bigint
    )
    SELECT newest.post_id
    FROM authors CROSS JOIN LATERAL (
      SELECT post_id FROM posts
      WHERE user_id = authors.id AND NOT is_archived AND post_id < ${beforePostId ?? '~'}
      ORDER BY post_id DESC LIMIT ${limit}
    ) newest
    ORDER BY newest.post_id DESC LIMIT ${limit}`.execute(db);
  return rows.map((row) => row.post_id);
}

/**
 * What a viewer did to posts, by post id. A value is the number of the newest act that still waits to be counted,
 * 0 if none does, negative if the act undid the mark; a post that is not marked and has none is missing.
 */
export type Marks = { liked: Map<string, number>; saved: Map<string, number> };

/** Reads the marks of these posts. Saves are not counted, so their acts have no numbers. */
export async function marksFromPostgres(db: Db | Tx, viewerId: number, postIds: string[]): Promise<Marks> {
  const { rows } = await sql<{ post_id: string; liked: boolean; saved: boolean; act: number }>`
    SELECT p.post_id,
      COALESCE((SELECT max(d.id) FROM count_deltas d WHERE d.counter = 'post.likes' AND d.target_id = p.id
        AND d.actor_id = ${viewerId}), 0) AS act,
      EXISTS (SELECT FROM likes l WHERE l.user_id = ${viewerId} AND l.post_id = p.id) AS liked,
      EXISTS (SELECT FROM saves s WHERE s.user_id = ${viewerId} AND s.post_id = p.id) AS saved
    FROM posts p WHERE p.post_id = ANY(${postIds})`.execute(db);
  return {
    liked: new Map(
      rows
        .filter((row) => row.liked || row.act > 0)
        .map(({ post_id, liked, act }) => [post_id, liked ? act : -act]),
    ),
    saved: new Map(rows.filter((row) => row.saved).map((row) => [row.post_id, 0])),
  };
}
