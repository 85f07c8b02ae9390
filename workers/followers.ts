/** An author's followers, in the order fan-out walks them. */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../shared/db/index.ts';

/** Followers one job reaches: about 10 ms of work for Redis, and a part small enough to repeat. */
export const followersPerPart = 5_000;

/** The followers of one range, and what tells whether the range still has the same. */
export type Followers = { userIds: string[]; digest: string };

/** Of the rows `f` of follows: those that lead to the author, lie in the range and are not of somebody who muted the author. */
function reached(authorId: number, { afterId, upToId }: FollowRange): RawBuilder<unknown> {
  return sql`f.following_id = ${authorId} AND f.id > ${afterId} AND f.id <= ${upToId}
    AND NOT EXISTS (SELECT FROM mutes WHERE muter_id = f.follower_id AND muted_id = ${authorId})`;
}

const digest = sql<string>`md5(coalesce(string_agg(f.id::text, ',' ORDER BY f.id), ''))`;

/**
 * The followers whose follow ids lie in the range, without those who muted the author. They come as one text: thousands of
 * rows take ten times as long to read.
 */
export async function followersWithin(db: Db, authorId: number, range: FollowRange): Promise<Followers> {
  const { rows } = await sql<{ user_ids: string | null; digest: string }>`
    SELECT string_agg(u.user_id, ',' ORDER BY f.id) AS user_ids, ${digest} AS digest
    FROM follows f JOIN users u ON u.id = f.follower_id WHERE ${reached(authorId, range)}`.execute(db);
  const [found] = rows as [{ user_ids: string | null; digest: string }];
  return { userIds: found.user_ids?.split(',') ?? [], digest: found.digest };
}

/** The digest of those who follow now, read from an index alone: the same as before if nobody left or came back. */
export async function digestWithin(db: Db, authorId: number, range: FollowRange): Promise<string> {
  const { rows } = await sql<{ digest: string }>`
    SELECT ${digest} AS digest FROM follows f WHERE ${reached(authorId, range)}`.execute(db);
  return (rows[0] as { digest: string }).digest;
}

/** Those of the users who follow the author and have not muted them. */
export async function followersAmong(db: Db, authorId: number, userIds: string[]): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    SELECT u.user_id FROM users u JOIN follows f ON f.follower_id = u.id AND f.following_id = ${authorId}
    WHERE u.user_id = ANY(${userIds})
      AND NOT EXISTS (SELECT FROM mutes WHERE muter_id = u.id AND muted_id = ${authorId})`.execute(db);
  return rows.map((row) => row.user_id);
}

/** Where an author's followers are cut into parts: the follow id each part reaches up to. */
export async function boundariesOf(db: Db, authorId: number): Promise<number[]> {
  const { rows } = await sql<{ up_to_id: number }>`
    SELECT max(id) AS up_to_id FROM (
      SELECT id, (row_number() OVER (ORDER BY id) - 1) / ${followersPerPart} AS part
      FROM follows WHERE following_id = ${authorId}
    ) numbered GROUP BY part ORDER BY part`.execute(db);
  return rows.map((row) => row.up_to_id);
}

/** Follow ids above `afterId`, up to and including `upToId`. */
export type FollowRange = { afterId: number; upToId: number };

/** The ranges between boundaries. */
export function rangesBetween(boundaries: number[]): FollowRange[] {
  return boundaries.map((upToId, index) => ({ afterId: boundaries[index - 1] ?? 0, upToId }));
}
