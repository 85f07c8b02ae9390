/** Followers by the ten thousand: rows without accounts, since hashing a password for each would take hours. */
import { sql } from 'kysely';
import { addDelta } from '../../shared/counts/index.ts';
import { newId } from '../../shared/ids.ts';
import type { Tools } from '../../shared/tools.ts';

const rowsPerInsert = 5_000;

/**
 * Gives a user bare followers until there are `wanted` in all: users nobody can sign in as, who are not in the
 * search index, and their follows. Those of an earlier run are counted, not made again.
 *
 * @param prefix what their usernames begin with
 * @param onAdded told how many followers there are by now
 */
export async function addBareFollowers(
  { db, profiles, rollUp }: Tools,
  userId: string,
  wanted: number,
  prefix: string,
  onAdded: (followers: number) => void,
): Promise<void> {
  const { rows } = await sql<{ id: number; followers: number; bare: number }>`
    SELECT u.id, (SELECT count(*) FROM follows WHERE following_id = u.id) AS followers,
      (SELECT count(*) FROM users b WHERE b.username LIKE ${`${prefix.replace(/_/g, '\\_')}%`}) AS bare
    FROM users u WHERE u.user_id = ${userId}`.execute(db);
  const { id, followers = 0, bare = 0 } = rows[0] as (typeof rows)[number];
  for (let have = followers, named = bare; have < wanted; ) {
    const count = Math.min(rowsPerInsert, wanted - have);
    const numbers = Array.from({ length: count }, (_, at) => named + at + 1);
    await db.transaction().execute(async (tx) => {
      await sql`WITH bare AS (
          INSERT INTO users (user_id, username, following_count)
          SELECT *, 1 FROM unnest(${numbers.map(() => newId('user'))}::text[],
            ${numbers.map((number) => prefix + number)}::text[])
          RETURNING id)
        INSERT INTO follows (follower_id, following_id) SELECT id, ${id} FROM bare`.execute(tx);
      await addDelta(tx, 'user.followers', id, count);
    });
    have += count;
    named += count;
    onAdded(have);
  }
  await Promise.all([profiles.forgetCounts(userId), rollUp('user.followers', id)]);
}
