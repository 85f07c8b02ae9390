/** Hashtags, with how many posts carry each, as the API shows them. */
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from './db/index.ts';

export const hashtagSchema = z
  .object({ name: z.string().describe('Without `#`.'), post_count: z.int() })
  .meta({ id: 'Hashtag', examples: [{ name: 'sunset', post_count: 125_000_000 }] });

export type Hashtag = z.output<typeof hashtagSchema> & {
  /** Internal id. */
  id: number;
};

/** The hashtags of these names that posts carry now; the order is Postgres's. */
export async function hashtagsNamed(db: Db, names: string[]): Promise<Hashtag[]> {
  const { rows } = await sql<Hashtag>`
    SELECT * FROM (
      SELECT id, name, post_count + COALESCE((SELECT sum(delta) FROM count_deltas
        WHERE counter = 'hashtag.posts' AND target_id = hashtags.id), 0)::int AS post_count
      FROM hashtags WHERE name = ANY(${names})
    ) counted WHERE post_count > 0`.execute(db);
  return rows;
}
