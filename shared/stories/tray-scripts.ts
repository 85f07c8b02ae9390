/**
 * The tray scripts. A cached tray is one sorted set, `stories:{user_id}`: members are the owners of stories, scores
 * Unix seconds of the newest story of each, and its lowest member says what it is, so that no loss of a key can
 * make a part look whole: `!whole`, or `?{token}` while somebody is building it, when it receives pushes and is not
 * read. (Decision 2 says the same of feeds.)
 */
import { script } from '../redis/index.ts';
import { spreadScript } from '../redis/spread.ts';

/** Batches of trays in flight at once. */
const inFlight = 4;

/**
 * Reads the newest of a tray. KEYS tray; ARGV how many, lifetime in seconds. Replies nothing if there is no finished
 * tray, else owner, score, owner, …. Reading keeps a tray alive, pushing does not.
 */
export const readTray = script<string[] | null>(`
  if redis.call('ZRANGE', KEYS[1], 0, 0)[1] ~= '!whole' then return nil end
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  return redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', 0, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
`);

/** Pushes an owner to the trays that exist, finished or not. KEYS trays; ARGV score, owner. Replies how many there were. */
export const pushOwner = spreadScript<number>(
  `
  local pushed = 0
  for i = 1, #KEYS do
    if redis.call('EXISTS', KEYS[i]) == 1 then
      redis.call('ZADD', KEYS[i], 'GT', ARGV[1], ARGV[2])
      pushed = pushed + 1
    end
  end
  return pushed
`,
  inFlight,
);

/** Takes owners out whose score is still the one that was read. KEYS tray; ARGV owner, score, owner, …. */
export const dropOwners = script<number>(`
  local dropped = 0
  for i = 1, #ARGV, 2 do
    local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
    if score and tonumber(score) == tonumber(ARGV[i + 1]) then
      dropped = dropped + redis.call('ZREM', KEYS[1], ARGV[i])
    end
  end
  return dropped
`);

/** Begins to build. KEYS tray; ARGV token, seconds until it lapses. Whoever else is building has begun in vain. */
export const beginTray = script<number>(`
  redis.call('DEL', KEYS[1])
  redis.call('ZADD', KEYS[1], -2, '?' .. ARGV[1])
  return redis.call('EXPIRE', KEYS[1], ARGV[2])
`);

/**
 * Ends a build. KEYS tray; ARGV token, lifetime in seconds, then score, owner, score, …. Replies 0, and keeps nothing,
 * if the build was invalidated.
 */
export const endTray = script<number>(`
  local building = '?' .. ARGV[1]
  if not redis.call('ZSCORE', KEYS[1], building) then return 0 end
  for i = 3, #ARGV, 2 do redis.call('ZADD', KEYS[1], 'GT', ARGV[i], ARGV[i + 1]) end
  redis.call('ZREM', KEYS[1], building)
  redis.call('ZADD', KEYS[1], -1, '!whole')
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  return 1
`);
