/** The first steps of every API request, found route or not: who asks, and whether they may ask now. */
import type { Request, Response } from 'express';
import type { RateLimits } from '../../shared/environment.ts';
import { fail } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Viewer } from '../route.ts';
import { addressOf } from './address.ts';
import { type Quota, quotaHeaders, refuseExceeded, takeQuota, untouched } from './rate-limit.ts';
import type { Tokens } from './tokens.ts';
import type { Viewers } from './viewers.ts';

/** Limits that are sent when limits are off. */
const nominal = { anonymous: 60, free: 60, pro: 1_000, enterprise: 10_000 };

export type Door = { tools: Tools; tokens: Tokens; viewers: Viewers };

/** The bearer token of a request, if it has one. */
export function bearerOf(request: { headers: { authorization?: string | undefined } }): string | undefined {
  const header = request.headers.authorization;
  return header !== undefined && /^bearer /i.test(header) ? header.slice(7).trim() : undefined;
}

/** Whose account a token is for, as far as limits are concerned. */
type Account = { userId: string; tier: 'free' | 'pro' | 'enterprise' };

/**
 * Identifies the caller, counts the request and sets the quota's headers: the tier's, or those of the route's own
 * limit where less is left of it.
 *
 * @param own a limit of the route's own: its name, and requests a minute by address
 * @returns the viewer, or undefined for a request without a token.
 * @throws {Failure} RATE_LIMITED; UNAUTHORIZED if a token was sent that is not good (any more).
 */
export async function admit(
  door: Door,
  request: Request,
  response: Response,
  own?: { policy: string; perMinute: number },
): Promise<Viewer | undefined> {
  const { tools, tokens, viewers } = door;
  const { RATE_LIMITS: limits } = tools.config;
  const address = addressOf(request);
  const take = (account: Account | undefined) => {
    const tier = account?.tier ?? 'anonymous';
    return takeQuota(tools.cache, limits, tier, account?.userId ?? address, (limits ?? nominal)[tier]);
  };

  const token = bearerOf(request);
  const claims = token === undefined ? undefined : await tokens.verify(token);
  const known = claims && viewers.peek(claims);
  const admitted = async () => {
    const [early] = await Promise.all([known ? take(known) : undefined, tools.changes.catchUp()]);
    const viewer = claims && (await viewers.of(claims));
    // The tier may have changed since this process last looked.
    return { viewer, quota: early && viewer?.tier === known?.tier ? early : await take(viewer) };
  };
  const { viewer, quota } = await admitted().catch((error: unknown) => {
    // An answer given while Redis is away has limits too.
    setQuota(response, anonymousQuota(limits));
    throw error;
  });
  setQuota(response, quota);
  refuseExceeded(quota);
  if (request.headers.authorization !== undefined && !viewer) {
    fail('UNAUTHORIZED', {
      field: 'Authorization',
      reason: 'The access token is expired, ended or not valid',
    });
  }
  if (own) {
    const ownQuota = await takeQuota(tools.cache, limits, own.policy, address, own.perMinute);
    if (limits && ownQuota.remaining < quota.remaining) setQuota(response, ownQuota);
    refuseExceeded(ownQuota);
  }
  return viewer;
}

/** What an answer tells of limits when nobody was counted. */
export function anonymousQuota(limits: RateLimits): Quota {
  return untouched('anonymous', (limits ?? nominal).anonymous);
}

/** Sets the headers that tell of a quota. */
export function setQuota(response: Response, quota: Quota): void {
  const headers = quotaHeaders(quota);
  for (const name in headers) response.setHeader(name, headers[name] as string);
}
