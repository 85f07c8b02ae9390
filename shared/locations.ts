/** Places posts were taken at, as the API shows them. */
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './db/index.ts';

export const placeSchema = z
  .object({
    location_id: z.string(),
    name: z.string().meta({ examples: ['Santa Monica Beach'] }),
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
    post_count: z.int(),
  })
  .meta({ id: 'Place', description: 'A place, with how many posts name it.' });

export type Place = z.output<typeof placeSchema> & {
  /** Internal id. */
  id: number;
};

/** The places with these public ids that posts name now; the order is Postgres's. */
export async function placesOf(db: Db, locationIds: string[]): Promise<Place[]> {
  const { rows } = await sql<Place>`
    SELECT * FROM (
      SELECT id, location_id, name, lat::float8 AS latitude, lng::float8 AS longitude,
        post_count + COALESCE((SELECT sum(delta) FROM count_deltas
          WHERE counter = 'location.posts' AND target_id = locations.id), 0)::int AS post_count
      FROM locations WHERE location_id = ANY(${locationIds})
    ) places WHERE post_count > 0`.execute(db);
  return rows;
}
