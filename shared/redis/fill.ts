/**
 * Filling a cache from Postgres without ever keeping what was invalidated in between: the reader leaves a
 * token before it reads SQL, an invalidation removes the token together with the value, and the value is
 * only kept if the token is still there.
 */
import { randomUUID } from 'node:crypto';
import { keys } from '../keys.ts';
import { type Redis, script } from './index.ts';

/** How long reading SQL may take; then the token lapses and the value is simply not kept. */
const tokenLifetimeMs = 10_000;

const keepHash = script<number>(`
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
  redis.call('DEL', KEYS[1], KEYS[2])
  for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  return 1
`);

const keepSet = script<number>(`
  if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
  redis.call('DEL', KEYS[1], KEYS[2])
  for i = 3, #ARGV, 1000 do
    redis.call('SADD', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))
  end
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  return 1
`);

async function fill<Value>(
  redis: Redis,
  key: string,
  load: () => Promise<Value>,
  keep: (token: string, value: Value) => Promise<unknown>,
): Promise<Value> {
  const token = randomUUID();
  await redis.set(keys.fill(key), token, 'PX', tokenLifetimeMs);
  const value = await load();
  await keep(token, value);
  return value;
}

/** Loads a hash's fields and keeps them for `ttlS` seconds, unless `forget` came in between. */
export function fillHash(
  redis: Redis,
  key: string,
  ttlS: number,
  load: () => Promise<Record<string, string> | undefined>,
): Promise<Record<string, string> | undefined> {
  return fill(redis, key, load, async (token, value) => {
    if (value) await keepHash(redis, [key, keys.fill(key)], [token, ttlS, ...Object.entries(value).flat()]);
  });
}

/** Loads a set's members (at least one) and keeps them for `ttlS` seconds, unless `forget` came in between. */
export function fillSet(
  redis: Redis,
  key: string,
  ttlS: number,
  load: () => Promise<string[]>,
): Promise<string[]> {
  return fill(redis, key, load, async (token, members) => {
    await keepSet(redis, [key, keys.fill(key)], [token, ttlS, ...members]);
  });
}

/** Invalidates: the value goes, and so does any filling that has already begun. */
export async function forget(redis: Redis, key: string): Promise<void> {
  await redis.unlink(key, keys.fill(key));
}
