/** Rate limits: so many requests in a window that begins with the first of them, counted in Redis. */
import type { RateLimits } from '../../shared/environment.ts';
import { fail } from '../../shared/errors.ts';
import { keys } from '../../shared/keys.ts';
import { type Redis, script } from '../../shared/redis/index.ts';

const minuteS = 60;

export type Quota = {
  /** The tier's name, or the route's for a limit of its own. */
  policy: string;
  limit: number;
  /** How long a window is. */
  windowS: number;
  remaining: number;
  /** When the next window begins: in how many seconds, and as Unix seconds. */
  resetInS: number;
  resetAtS: number;
  exceeded: boolean;
};

const count = script<[number, number]>(`
  local used = redis.call('INCR', KEYS[1])
  if used == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
  return { used, redis.call('PTTL', KEYS[1]) }
`);

/** Takes one back, of a window that still runs. */
const uncount = script<number>(`
  if tonumber(redis.call('GET', KEYS[1]) or '0') < 1 then return 0 end
  return redis.call('DECR', KEYS[1])
`);

function quotaOf(policy: string, limit: number, windowS: number, used: number, leftMs: number): Quota {
  const resetInS = Math.max(1, Math.ceil(leftMs / 1_000));
  return {
    policy,
    limit,
    windowS,
    remaining: Math.max(0, limit - used),
    resetInS,
    resetAtS: Math.floor(Date.now() / 1_000) + resetInS,
    exceeded: used > limit,
  };
}

/** A quota of which nothing was taken. */
export function untouched(policy: string, limit: number): Quota {
  return quotaOf(policy, limit, minuteS, 0, minuteS * 1_000);
}

/** Counts one request of `who`, in a window of a minute if no other is given, and replies what is left. */
export async function takeQuota(
  cache: Redis,
  limits: RateLimits,
  policy: string,
  who: string,
  limit: number,
  windowS = minuteS,
): Promise<Quota> {
  if (!limits) return untouched(policy, limit);
  const [used, leftMs] = await count(cache, [keys.rateLimit(`${policy}:${who}`)], [windowS * 1_000]);
  return quotaOf(policy, limit, windowS, used, leftMs);
}

/** Gives back what `takeQuota` counted. */
export async function giveBackQuota(
  cache: Redis,
  limits: RateLimits,
  policy: string,
  who: string,
): Promise<void> {
  if (limits) await uncount(cache, [keys.rateLimit(`${policy}:${who}`)], []);
}

/**
 * Refuses a request that exceeds its quota.
 *
 * @throws {Failure} RATE_LIMITED
 */
export function refuseExceeded({ exceeded, limit, resetInS, resetAtS }: Quota): void {
  if (!exceeded) return;
  const resetAt = new Date(resetAtS * 1_000).toISOString().replace('.000Z', 'Z');
  fail('RATE_LIMITED', { limit, remaining: 0, reset_at: resetAt }, { retryAfterS: resetInS });
}

/** The headers of a quota: the X-RateLimit triple, and the IETF's (draft-ietf-httpapi-ratelimit-headers). */
export function quotaHeaders(quota: Quota): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(quota.limit),
    'X-RateLimit-Remaining': String(quota.remaining),
    'X-RateLimit-Reset': String(quota.resetAtS),
    'RateLimit-Policy': `"${quota.policy}";q=${quota.limit};w=${quota.windowS}`,
    RateLimit: `"${quota.policy}";r=${quota.remaining};t=${quota.resetInS}`,
  };
}
