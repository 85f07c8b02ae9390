/**
 * Limits of guessing at one account, whatever addresses the guesses come from. A guess is counted before it is
 * looked at, so that a hundred at once are no more than ten; one that was right is given back.
 */
import type { Request } from 'express';
import type { Tools } from '../../shared/tools.ts';
import { setQuota } from '../door/admit.ts';
import { giveBackQuota, refuseExceeded, takeQuota } from '../door/rate-limit.ts';

const limits = {
  /** Passwords at sign-in, by the name they are tried for. */
  'login-guesses': { limit: 10, windowS: 60 },
  /** The password that somebody who is signed in has to repeat. */
  'password-guesses': { limit: 10, windowS: 60 },
  /** Codes of six digits, three of which are right at any time: 480 guesses a day leave them one chance in 700. */
  'code-guesses': { limit: 5, windowS: 15 * 60 },
} as const;

/**
 * Counts a guess.
 *
 * @param who what is guessed at: a name, a user
 * @returns gives the guess back, because it was right.
 * @throws {Failure} RATE_LIMITED; the reply's quota headers then tell of this limit.
 */
export async function countGuess(
  { cache, config }: Tools,
  request: Request,
  policy: keyof typeof limits,
  who: string,
): Promise<() => Promise<void>> {
  const { limit, windowS } = limits[policy];
  const quota = await takeQuota(cache, config.RATE_LIMITS, policy, who, limit, windowS);
  if (quota.exceeded && request.res) setQuota(request.res, quota);
  refuseExceeded(quota);
  return () => giveBackQuota(cache, config.RATE_LIMITS, policy, who);
}
