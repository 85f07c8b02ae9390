/**
 * Which notices stand together in the list: the likes of one post, the comments on one, the likes of one comment,
 * the follows of a day. The group is settled when a notice is made, so that reading a page never looks at more
 * than its own groups.
 *
 * Decision 12 says why.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../db/index.ts';
import { newId } from '../ids.ts';
import type { Cause } from './cause.ts';

/** What the notices of one group have in common; undefined for one that stays alone. */
function keyOf({ type, postId, commentId }: Cause): string | undefined {
  switch (type) {
    case 'like':
    case 'comment':
      return `${type} ${postId}`;
    case 'comment_like':
      return `${type} ${commentId}`;
    case 'follow':
      return type;
    default:
      return undefined;
  }
}

/**
 * Finds the group a notice belongs to and keeps it, and lets nobody else make notices of the same user until the
 * transaction ends: so their ids rise in the order in which they are committed, and whoever has read up to one has
 * read all below it.
 *
 * @returns its internal id, or undefined if one is to be opened.
 */
export async function lockGroup(tx: Tx, cause: Cause): Promise<number | undefined> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`notices ${cause.userId}`}, 0))`.execute(tx);
  const key = keyOf(cause);
  if (key === undefined) return undefined;
  const { rows } = await sql<{ id: number }>`
    SELECT id FROM notification_groups WHERE user_id = ${cause.userId} AND key = ${key}
      ${cause.type === 'follow' ? sql`AND opened_at > now() - interval '1 day'` : sql``}
    ORDER BY id DESC LIMIT 1 FOR UPDATE`.execute(tx);
  return rows[0]?.id;
}

/** Opens a group for the notices in `fresh`, if there are any; replies its id. */
export function openGroup(cause: Cause): RawBuilder<{ id: number }> {
  return sql`INSERT INTO notification_groups (group_id, user_id, key, newest_id)
    SELECT ${newId('group')}, ${cause.userId}, ${keyOf(cause) ?? null}, max(id) FROM fresh HAVING count(*) > 0
    RETURNING id`;
}

/** Moves a group up to the newest of the notices in `fresh`, if there are any; replies its id. */
export function bumpGroup(groupId: number): RawBuilder<{ id: number }> {
  return sql`UPDATE notification_groups SET newest_id = (SELECT max(id) FROM fresh)
    WHERE id = ${groupId} AND EXISTS (SELECT FROM fresh) RETURNING id`;
}
