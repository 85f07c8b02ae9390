/** What tests do to a whole Redis, be it one server or a cluster. */
import { isCluster, type Redis } from '../../shared/redis/index.ts';

const mastersOf = (redis: Redis) => (isCluster(redis) ? redis.nodes('master') : [redis]);

/** Removes every key. */
export async function emptyRedis(redis: Redis): Promise<void> {
  await Promise.all(mastersOf(redis).map((master) => master.flushdb()));
}

/** The keys that match a pattern as KEYS has it. */
export async function keysLike(redis: Redis, pattern: string): Promise<string[]> {
  return (await Promise.all(mastersOf(redis).map((master) => master.keys(pattern)))).flat();
}
