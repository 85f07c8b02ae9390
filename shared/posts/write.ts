/** What writing and editing a post have in common. */
import { sql } from 'kysely';
import type { Tx } from '../db/index.ts';
import { fail } from '../errors.ts';
import { newId } from '../ids.ts';
import { mayKnow } from '../users/audience.ts';
import type { Location } from './fields.ts';

type PlaceColumns = {
  location_id: number | null;
  location_name: string | null;
  location_lat: number | null;
  location_lng: number | null;
};

/** Finds or makes the place, and replies the columns a post refers to it by. `null`: no place. */
export async function placeColumns(tx: Tx, place: Location | null | undefined): Promise<PlaceColumns> {
  if (!place) return { location_id: null, location_name: null, location_lat: null, location_lng: null };
  const { name, latitude = null, longitude = null } = place;
  await sql`INSERT INTO locations (location_id, name, lat, lng)
    VALUES (${newId('loc')}, ${name}, ${latitude}, ${longitude}) ON CONFLICT DO NOTHING`.execute(tx);
  const { rows } = await sql<{ id: number }>`SELECT id FROM locations WHERE name = ${name}
    AND lat IS NOT DISTINCT FROM ${latitude}::numeric(10, 8)
    AND lng IS NOT DISTINCT FROM ${longitude}::numeric(11, 8)`.execute(tx);
  return {
    location_id: rows[0]?.id ?? null,
    location_name: name,
    location_lat: latitude,
    location_lng: longitude,
  };
}

/**
 * Makes these users, in this order, the ones tagged in a post.
 *
 * @throws {Failure} INVALID_INPUT on `tagged_users` if one of them does not exist, or the author may not know.
 */
export async function tagUsers(tx: Tx, postId: number, userIds: string[]): Promise<void> {
  await tx.deleteFrom('post_tags').where('post_id', '=', postId).execute();
  if (userIds.length === 0) return;
  const { rows } = await sql<{ id: number; user_id: string }>`
    SELECT u.id, u.user_id FROM users u JOIN posts p ON p.id = ${postId}
    WHERE u.user_id = ANY(${userIds}) AND ${mayKnow(sql.ref<number>('p.user_id'), 'u')}
    ORDER BY u.id FOR KEY SHARE OF u`.execute(tx);
  const known = new Map(rows.map((row) => [row.user_id, row.id]));
  const missing = userIds.find((userId) => !known.has(userId));
  if (missing) fail('INVALID_INPUT', { field: 'tagged_users', reason: `User '${missing}' does not exist` });
  await tx
    .insertInto('post_tags')
    .values(
      userIds.map((userId, position) => ({
        post_id: postId,
        user_id: known.get(userId) as number,
        position: position + 1,
      })),
    )
    .execute();
}
