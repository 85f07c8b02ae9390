/**
 * The live channel's scripts. What a user was told is a stream, `live:{user_id}`; an entry has one field, the
 * message's type, whose value is the data as JSON. The first entry of every stream is a marker that says when
 * it was opened: nothing after it is missing unless it was trimmed from the old end.
 */
import { script } from '../redis/index.ts';
import { spreadScript } from '../redis/spread.ts';

/** Batches of streams in flight at once. */
const inFlight = 4;

/** A stream's entry as Redis replies it: id, then field and value. */
export type StreamEntry = [id: string, [type: string, dataText: string]];

/**
 * Appends a message to those of the streams that exist and publishes it, each with the id it follows. One
 * step, so no subscriber sees ids out of order. KEYS streams; ARGV type, data, length. Replies how many.
 */
export const append = spreadScript<number>(
  `
  local told = 0
  for _, key in ipairs(KEYS) do
    local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
    if newest then
      local id = redis.call('XADD', key, 'MAXLEN', '~', ARGV[3], '*', ARGV[1], ARGV[2])
      redis.call('PUBLISH', key, newest[1] .. ' ' .. id .. ' ' .. ARGV[1] .. ' ' .. ARGV[2])
      told = told + 1
    end
  end
  return told
`,
  inFlight,
);

/**
 * Opens a stream, new or not, and reads what follows an id. KEYS stream; ARGV lifetime in seconds, id or ''.
 * Replies the newest id, the oldest that is kept, and the entries after the id (none for '').
 */
export const open = script<[newest: string, oldest: string, entries: StreamEntry[]]>(`
  if redis.call('EXPIRE', KEYS[1], ARGV[1]) == 0 then
    local id = redis.call('XADD', KEYS[1], '*', 'opened', '')
    redis.call('EXPIRE', KEYS[1], ARGV[1])
    return { id, id, {} }
  end
  local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][1]
  local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1][1]
  local entries = {}
  if ARGV[2] ~= '' then entries = redis.call('XRANGE', KEYS[1], '(' .. ARGV[2], '+') end
  return { newest, oldest, entries }
`);

/**
 * Keeps streams for another lifetime. KEYS streams; ARGV lifetime in seconds. Replies the newest id of each,
 * '' for one that is gone.
 */
export const keep = spreadScript<string[]>(
  `
  local newest = {}
  for i, key in ipairs(KEYS) do
    newest[i] = ''
    if redis.call('EXPIRE', key, ARGV[1]) == 1 then
      newest[i] = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1][1]
    end
  end
  return newest
`,
  inFlight,
);
