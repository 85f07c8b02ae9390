/**
 * Who is connected to the live channel now, on whichever process: one sorted set of user ids by when they were last
 * seen. It serves to tell the followers of an author who has very many: the connected ones are asked whether they
 * follow, not the followers whether they are connected.
 */
import { keys } from '../keys.ts';
import type { Redis } from '../redis/index.ts';

/** Members one command writes or reads. */
const batch = 1_000;
/** Whoever is connected is seen about every 10 s; a process that died leaves its users here for so long. */
const seenWithinMs = 30_000;

/** Notes that these users are connected. */
export async function sawConnected(cache: Redis, userIds: string[]): Promise<void> {
  const now = Date.now();
  for (let from = 0; from < userIds.length; from += batch) {
    const seen = userIds.slice(from, from + batch).flatMap((userId) => [now, userId]);
    await cache.zadd(keys.connected, ...seen);
  }
}

/** Forgets those who have not been seen for some time. */
export async function forgetUnseen(cache: Redis): Promise<void> {
  await cache.zremrangebyscore(keys.connected, '-inf', Date.now() - seenWithinMs);
}

/** Those who were connected all the while, each once, in batches. */
export async function* connectedUsers(cache: Redis): AsyncGenerator<string[]> {
  const seen = new Set<string>();
  const oldest = Date.now() - seenWithinMs;
  for (let cursor: string | undefined; cursor !== '0'; ) {
    const [next, found] = await cache.zscan(keys.connected, cursor ?? '0', 'COUNT', batch);
    cursor = next;
    const userIds: string[] = [];
    for (let at = 0; at < found.length; at += 2) {
      const userId = found[at] as string;
      // A scan may come upon somebody twice.
      if (Number(found[at + 1]) < oldest || seen.has(userId)) continue;
      seen.add(userId);
      userIds.push(userId);
    }
    if (userIds.length > 0) yield userIds;
  }
}
