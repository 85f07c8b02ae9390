/**
 * The feed scripts. A cached feed is one sorted set, `feed:{user_id}`: members are post ids, scores Unix
 * seconds, and its lowest member says what it is, so that no loss of a key can make a part look whole:
 *
 * - `!whole{run}{blocked} {authors}`: every post of the feed is here;
 * - `!deep {run}{blocked} {authors}`: only the newest are here, older ones are in Postgres;
 * - `?{token}`: somebody is building it. It already receives pushes, but is not read.
 *
 * `{run}` is the run id of the server it was built on (eight digits): a feed that is read on another one may
 * lack what was pushed last, and is built anew. `{blocked}` is 1 if somebody has blocked the user, so that who is
 * tagged in posts must be looked at, else 0. `{authors}` are the internal ids, joined by commas, of the merged
 * authors the user follows: their posts are not here.
 *
 * Beside it lies a hash of marks: `l{post_id}` liked, `s{post_id}` saved. A value is the number of the act,
 * negative when it was undone, 0 when it was read from Postgres; `!` is the build's token and its time.
 *
 * Decisions 2 and 9 say why.
 */
import { script } from '../redis/index.ts';
import { spreadScript } from '../redis/spread.ts';

/** Batches of feeds in flight at once. */
const inFlight = 8;

/**
 * Reads one page. KEYS feed, marks; ARGV limit, lifetime in seconds, run id, cursor's score and post id (or '').
 * Replies nothing if there is no finished feed of this run, else: the ids joined by commas, whether the page
 * reached the bottom, whether the feed is whole, `{blocked} {authors}`, and the marks there are (name, value, name, …);
 * one text and few marks are read much faster than a list for each. Reading keeps a feed
 * alive; pushing does not, so the feeds of people who stay away lapse and cost fan-out nothing.
 */
export const readPage = script<[string, number, number, string, ...string[]] | null>(`
  local bottom = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
  if not bottom or string.sub(bottom, 1, 1) ~= '!' or string.sub(bottom, 7, 14) ~= ARGV[3] then return nil end
  local limit, lifetime, score, cursor = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[4], ARGV[5]
  local start = 0
  if cursor ~= '' then
    local rank = redis.call('ZREVRANK', KEYS[1], cursor)
    if rank then
      start = rank + 1
    else
      start = redis.call('ZCOUNT', KEYS[1], '(' .. score, '+inf')
      while true do
        local next = redis.call('ZREVRANGE', KEYS[1], start, start, 'WITHSCORES')
        if not next[1] or tonumber(next[2]) ~= tonumber(score) or next[1] < cursor then break end
        start = start + 1
      end
    end
  end
  local ids = redis.call('ZREVRANGE', KEYS[1], start, start + limit - 1)
  local reached = 0
  if #ids < limit or ids[#ids] == bottom then reached = 1 end
  if ids[#ids] == bottom then ids[#ids] = nil end
  local marks = redis.call('HLEN', KEYS[2])
  if marks == 0 then return nil end
  if redis.call('TTL', KEYS[1]) < lifetime / 2 then
    redis.call('EXPIRE', KEYS[1], lifetime)
    redis.call('EXPIRE', KEYS[2], lifetime)
  end
  local whole = string.sub(bottom, 2, 2) == 'w' and 1 or 0
  local reply = { table.concat(ids, ','), reached, whole, string.sub(bottom, 15) }
  if marks == 1 or #ids == 0 then return reply end
  local names = {}
  for i, id in ipairs(ids) do
    names[2 * i - 1] = 'l' .. id
    names[2 * i] = 's' .. id
  end
  for i, value in ipairs(redis.call('HMGET', KEYS[2], unpack(names))) do
    if value then
      reply[#reply + 1] = names[i]
      reply[#reply + 1] = value
    end
  end
  return reply
`);

/**
 * Pushes one post to the feeds that exist. KEYS feeds; ARGV score, post id, and how many posts a deep feed has
 * at least, after a trim, and at most. Replies how many took it.
 *
 * A post older than the oldest of a deep feed is left to Postgres: in the cache it would hide what lies between.
 * Whether it is older its rank tells once it is in: a number, where the oldest would be a text to hand over. A feed
 * with fewer posts than a deep one has is whole or being built, and that its size says is why most pushes are two
 * commands.
 */
export const pushPost = spreadScript<number>(
  `
  local call, score, id = redis.call, ARGV[1], ARGV[2]
  local least, kept, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
  local pushed = 0
  local function bottomOf(key) return call('ZRANGE', key, 0, 0)[1] end
  local function trim(key, size, bottom)
    if string.sub(bottom, 1, 1) ~= '!' then return end
    call('ZREMRANGEBYRANK', key, 1, size - kept)
    if string.sub(bottom, 2, 2) == 'w' then
      call('ZREM', key, bottom)
      call('ZADD', key, -1, '!deep ' .. string.sub(bottom, 7))
    end
  end
  for i = 1, #KEYS do
    local key = KEYS[i]
    local size = call('ZCARD', key)
    if size > 0 then
      local added = call('ZADD', key, score, id)
      if size > least and added == 1 then
        if call('ZRANK', key, id) == 1 and string.sub(bottomOf(key), 1, 2) == '!d' then
          call('ZREM', key, id)
          added = 0
        elseif size > most then
          trim(key, size, bottomOf(key))
        end
      end
      pushed = pushed + added
    end
  end
  return pushed
`,
  inFlight,
);

/**
 * Takes one post out of feeds. KEYS feeds; ARGV post id, how many posts a deep feed has at least: one that has
 * fewer is forgotten. Replies how many had it.
 */
export const dropPost = spreadScript<number>(
  `
  local call, id, least = redis.call, ARGV[1], tonumber(ARGV[2])
  local dropped = 0
  for i = 1, #KEYS do
    local key = KEYS[i]
    if call('ZREM', key, id) == 1 then
      dropped = dropped + 1
      if call('ZCARD', key) <= least and string.sub(call('ZRANGE', key, 0, 0)[1], 1, 2) == '!d' then
        call('UNLINK', key)
      end
    end
  end
  return dropped
`,
  inFlight,
);

/** Forgets feeds. KEYS feeds and their marks. */
export const forgetFeeds = spreadScript<number>(`return redis.call('UNLINK', unpack(KEYS))`, inFlight);

/** Begins to build. KEYS feed; ARGV token, seconds until it lapses. Replies 0 if there is a builder already. */
export const beginBuild = script<number>(`
  local bottom = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
  if bottom and string.sub(bottom, 1, 1) == '?' then return 0 end
  redis.call('DEL', KEYS[1])
  redis.call('ZADD', KEYS[1], -2, '?' .. ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  return 1
`);

/**
 * Ends a build. KEYS feed, marks; ARGV token, run id, `{blocked} {authors}`, Unix milliseconds when it began, lifetime in seconds, posts to keep, 1 if whole, how many score/id pairs follow, the pairs, then the
 * marks' fields and values. Replies 0, and keeps nothing, if the build was invalidated.
 */
export const endBuild = script<number>(`
  local building = '?' .. ARGV[1]
  if not redis.call('ZSCORE', KEYS[1], building) then return 0 end
  local lifetime, kept, whole, pairs_ = ARGV[5], tonumber(ARGV[6]), ARGV[7] == '1', tonumber(ARGV[8])
  local first, last = 9, 8 + 2 * pairs_
  for i = first, last, 2000 do
    redis.call('ZADD', KEYS[1], unpack(ARGV, i, math.min(i + 1999, last)))
  end
  redis.call('ZREM', KEYS[1], building)
  local excess = redis.call('ZCARD', KEYS[1]) - kept
  if excess > 0 then
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, excess - 1)
    whole = false
  end
  redis.call('ZADD', KEYS[1], -1, (whole and '!whole' or '!deep ') .. ARGV[2] .. ARGV[3])
  redis.call('EXPIRE', KEYS[1], lifetime)
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[2], '!', ARGV[1] .. ' ' .. ARGV[4])
  for i = last + 1, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
  redis.call('EXPIRE', KEYS[2], lifetime)
  return 1
`);

/**
 * Marks a post as liked or saved, or no longer so. KEYS feed, marks; ARGV field, number of the act (negative: undone).
 * A feed being built has read Postgres at an unknown moment: its build is invalidated instead.
 */
export const setMark = script<number>(`
  local bottom = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
  if not bottom then return 0 end
  if string.sub(bottom, 1, 1) == '?' then
    redis.call('DEL', KEYS[1])
    return 0
  end
  if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
  local old = math.abs(tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or 0))
  if math.abs(tonumber(ARGV[2])) >= old then redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) end
  return 1
`);

/**
 * Adds marks that were read from Postgres, where there are none: one that is there is newer. KEYS marks; ARGV what
 * field `!` held before they were read, fields and values. Replies 0 if the feed was forgotten or rebuilt since.
 */
export const addMarks = script<number>(`
  if redis.call('HGET', KEYS[1], '!') ~= ARGV[1] then return 0 end
  for i = 2, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
  return 1
`);
