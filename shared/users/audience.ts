/**
 * Who may see what of whom, as conditions in SQL: every query that shows something of somebody carries one of
 * these, and no other file knows the rules.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';

/**
 * May the viewer know that the user exists? Not of those who blocked them or are hidden. Whom the viewer
 * blocked they may know, to be able to lift the block.
 *
 * @param viewerId internal id
 * @param user what the query calls the row of `users`
 */
export function mayKnow(viewerId: number, user: string): RawBuilder<boolean> {
  const id = sql.ref(`${user}.id`);
  return sql<boolean>`(${id} = ${viewerId} OR (NOT ${sql.ref(`${user}.is_hidden`)}
    AND NOT EXISTS (SELECT FROM blocks WHERE blocker_id = ${id} AND blocked_id = ${viewerId})))`;
}

/**
 * May the viewer see what the user shows: posts, stories, lists? Hidden users show nothing, a block either way
 * hides both, and a private account shows itself to its followers only.
 *
 * @param viewerId internal id
 * @param user what the query calls the row of `users`
 */
export function maySee(viewerId: number, user: string): RawBuilder<boolean> {
  const id = sql.ref(`${user}.id`);
  return sql<boolean>`(${id} = ${viewerId} OR (NOT ${sql.ref(`${user}.is_hidden`)}
    AND NOT EXISTS (SELECT FROM blocks WHERE (blocker_id = ${id} AND blocked_id = ${viewerId})
      OR (blocker_id = ${viewerId} AND blocked_id = ${id}))
    AND (NOT ${sql.ref(`${user}.is_private`)}
      OR EXISTS (SELECT FROM follows WHERE follower_id = ${viewerId} AND following_id = ${id}))))`;
}

/**
 * May the viewer see the post? Archived posts are their author's alone.
 *
 * @param post what the query calls the row of `posts`
 * @param author what it calls the author's row of `users`
 */
export function maySeePost(viewerId: number, post: string, author: string): RawBuilder<boolean> {
  return sql<boolean>`(${maySee(viewerId, author)}
    AND (NOT ${sql.ref(`${post}.is_archived`)} OR ${sql.ref(`${author}.id`)} = ${viewerId}))`;
}

/** What stands between a viewer and one other user. */
export type Standing = {
  follows: boolean;
  isFollowedBy: boolean;
  hasRequested: boolean;
  /** The viewer blocked the user. */
  blocks: boolean;
  mutes: boolean;
  /** The viewer may see what the user shows. */
  maySee: boolean;
};

/**
 * Where the viewer stands with a user, by internal ids.
 *
 * @returns undefined if there is no such user or the viewer may not know of them.
 */
export async function standingOf(
  db: Db | Tx,
  viewerId: number,
  userId: number,
): Promise<Standing | undefined> {
  const { rows } = await sql<Standing>`
    SELECT ${maySee(viewerId, 'u')} AS "maySee",
      EXISTS (SELECT FROM follows WHERE follower_id = ${viewerId} AND following_id = u.id) AS follows,
      EXISTS (SELECT FROM follows WHERE follower_id = u.id AND following_id = ${viewerId}) AS "isFollowedBy",
      EXISTS (SELECT FROM follow_requests WHERE requester_id = ${viewerId} AND requested_id = u.id)
        AS "hasRequested",
      EXISTS (SELECT FROM blocks WHERE blocker_id = ${viewerId} AND blocked_id = u.id) AS blocks,
      EXISTS (SELECT FROM mutes WHERE muter_id = ${viewerId} AND muted_id = u.id) AS mutes
    FROM users u WHERE u.id = ${userId} AND ${mayKnow(viewerId, 'u')}`.execute(db);
  return rows[0];
}
