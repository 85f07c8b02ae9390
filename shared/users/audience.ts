/**
 * Who may see what of whom, as conditions in SQL: every query that shows something of somebody carries one of
 * these, and no other file knows the rules.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';

/** Whoever looks: an internal id, or the column of a query that holds one. */
export type Looking = number | RawBuilder<number>;

/**
 * May the viewer know that the user exists? Not of those who blocked them or are hidden. Whom the viewer
 * blocked they may know, to be able to lift the block.
 *
 * @param viewerId internal id
 * @param user what the query calls the row of `users`
 */
export function mayKnow(viewerId: Looking, user: string): RawBuilder<boolean> {
  const id = sql.ref(`${user}.id`);
  return sql<boolean>`(${id} = ${viewerId} OR (NOT ${sql.ref(`${user}.is_hidden`)}
    AND NOT EXISTS (SELECT FROM blocks WHERE blocker_id = ${id} AND blocked_id = ${viewerId})))`;
}

/** No block either way. Two conditions: Postgres looks each up in a hash of its own, which it cannot for an OR. */
function isUnblocked(id: RawBuilder<unknown>, viewerId: Looking): RawBuilder<boolean> {
  return sql<boolean>`NOT EXISTS (SELECT FROM blocks WHERE blocker_id = ${id} AND blocked_id = ${viewerId})
    AND NOT EXISTS (SELECT FROM blocks WHERE blocker_id = ${viewerId} AND blocked_id = ${id})`;
}

/**
 * May the viewer see what the user shows: posts, stories, lists? Hidden users show nothing, a block either way
 * hides both, and a private account shows itself to its followers only.
 *
 * @param viewerId internal id
 * @param user what the query calls the row of `users`
 */
export function maySee(viewerId: Looking, user: string): RawBuilder<boolean> {
  const id = sql.ref(`${user}.id`);
  return sql<boolean>`(${id} = ${viewerId} OR (NOT ${sql.ref(`${user}.is_hidden`)}
    AND ${isUnblocked(id, viewerId)}
    AND (NOT ${sql.ref(`${user}.is_private`)}
      OR EXISTS (SELECT FROM follows WHERE follower_id = ${viewerId} AND following_id = ${id}))))`;
}

/**
 * May the viewer see the post? Archived posts are their author's alone.
 *
 * @param post what the query calls the row of `posts`
 * @param author what it calls the author's row of `users`
 */
export function maySeePost(viewerId: Looking, post: string, author: string): RawBuilder<boolean> {
  return sql<boolean>`(${maySee(viewerId, author)}
    AND (NOT ${sql.ref(`${post}.is_archived`)} OR ${sql.ref(`${author}.id`)} = ${viewerId}))`;
}

/**
 * May the viewer see what the user wrote under a post that the viewer sees? A block either way hides it, and
 * what hidden users wrote nobody sees. That an account is private hides nothing it writes under others' posts.
 *
 * @param user what the query calls the row of `users`
 */
export function maySeeCommentBy(viewerId: Looking, user: string): RawBuilder<boolean> {
  const id = sql.ref(`${user}.id`);
  return sql<boolean>`(${id} = ${viewerId} OR (NOT ${sql.ref(`${user}.is_hidden`)}
    AND ${isUnblocked(id, viewerId)}))`;
}

/** What stands between a viewer and one other user. */
export type Standing = {
  isPrivate: boolean;
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
 * The columns of a `Standing`.
 *
 * @param user what the query calls the row of `users`
 */
export function standingColumns(viewerId: number, user: string): RawBuilder<Standing> {
  const id = sql.ref(`${user}.id`);
  return sql<Standing>`${sql.ref(`${user}.is_private`)} AS "isPrivate", ${maySee(viewerId, user)} AS "maySee",
    EXISTS (SELECT FROM follows WHERE follower_id = ${viewerId} AND following_id = ${id}) AS follows,
    EXISTS (SELECT FROM follows WHERE follower_id = ${id} AND following_id = ${viewerId}) AS "isFollowedBy",
    EXISTS (SELECT FROM follow_requests WHERE requester_id = ${viewerId} AND requested_id = ${id})
      AS "hasRequested",
    EXISTS (SELECT FROM blocks WHERE blocker_id = ${viewerId} AND blocked_id = ${id}) AS blocks,
    EXISTS (SELECT FROM mutes WHERE muter_id = ${viewerId} AND muted_id = ${id}) AS mutes`;
}

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
    SELECT ${standingColumns(viewerId, 'u')}
    FROM users u WHERE u.id = ${userId} AND ${mayKnow(viewerId, 'u')}`.execute(db);
  return rows[0];
}
