/** The social graph: who follows whom. Postgres holds it, Redis caches whom each user follows. */
import { sql } from 'kysely';
import type { Db } from '../db/index.ts';
import { keys } from '../keys.ts';
import { fillSet, forget } from '../redis/fill.ts';
import type { Redis } from '../redis/index.ts';

const lifetimeS = 86_400;
/** A member no user id equals: a set that holds only this one says "follows nobody". */
const present = '!';

export type Graph = {
  /** Which of `userIds` the user follows. */
  followed(userId: string, userIds: string[]): Promise<Set<string>>;
  /** The next read asks Postgres. Call it after the commit of a follow or unfollow. */
  forget(userId: string): Promise<void>;
};

/** Opens the graph: Postgres with Redis before it. */
export function openGraph(cache: Redis, db: Db): Graph {
  async function fill(userId: string): Promise<Set<string>> {
    const members = await fillSet(cache, keys.following(userId), lifetimeS, async () => {
      const { rows } = await sql<{ user_id: string }>`
        SELECT followed.user_id FROM follows f
        JOIN users follower ON follower.id = f.follower_id
        JOIN users followed ON followed.id = f.following_id
        WHERE follower.user_id = ${userId}`.execute(db);
      return [present, ...rows.map((row) => row.user_id)];
    });
    return new Set(members);
  }

  return {
    async followed(userId, userIds) {
      if (userIds.length === 0) return new Set();
      const [isPresent, ...flags] = await cache.smismember(keys.following(userId), present, ...userIds);
      if (isPresent === 1) return new Set(userIds.filter((_, index) => flags[index] === 1));
      const all = await fill(userId);
      return new Set(userIds.filter((id) => all.has(id)));
    },
    forget: (userId) => forget(cache, keys.following(userId)),
  };
}
