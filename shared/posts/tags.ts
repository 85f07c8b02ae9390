/** Who is tagged in posts, as far as a viewer may know of them. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';
import { mayKnow } from '../users/audience.ts';
import type { UserCard } from '../users/cards.ts';
import { type CachedBody, withoutTagged } from './cache.ts';

/** Which of the users the viewer may not know: who blocked the viewer, or is hidden. */
async function unknownOf(db: Db | Tx, viewerId: number, userIds: ReadonlySet<string>): Promise<Set<string>> {
  if (userIds.size === 0) return new Set();
  const { rows } = await sql<{ user_id: string }>`
    SELECT u.user_id FROM users u
    WHERE u.user_id = ANY(${[...userIds]}) AND NOT ${mayKnow(viewerId, 'u')}`.execute(db);
  return new Set(rows.map((row) => row.user_id));
}

/**
 * Leaves those out of posts' `tagged_users` whom the viewer may not know: who blocked the viewer, or is hidden.
 *
 * @param viewerId internal id
 */
export async function withKnownTags<Body extends { tagged_users: UserCard[] }>(
  db: Db | Tx,
  viewerId: number,
  bodies: Body[],
): Promise<Body[]> {
  const tagged = new Set(bodies.flatMap((body) => body.tagged_users.map((user) => user.user_id)));
  const unknown = await unknownOf(db, viewerId, tagged);
  if (unknown.size === 0) return bodies;
  return bodies.map((body) => ({
    ...body,
    tagged_users: body.tagged_users.filter((user) => !unknown.has(user.user_id)),
  }));
}

/**
 * The same for posts that are ready as bytes; one that does not exist stays undefined.
 *
 * @param viewerId internal id
 */
export async function bytesWithKnownTags(
  db: Db,
  viewerId: number,
  bodies: (CachedBody | undefined)[],
): Promise<(CachedBody | undefined)[]> {
  const tagged = new Set(bodies.flatMap((body) => body?.taggedUserIds ?? []));
  const unknown = await unknownOf(db, viewerId, tagged);
  if (unknown.size === 0) return bodies;
  return bodies.map((body) =>
    body?.taggedUserIds.some((userId) => unknown.has(userId)) ? withoutTagged(body, unknown) : body,
  );
}
