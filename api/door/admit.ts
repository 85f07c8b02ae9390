/** The first steps of every API request, found route or not: who asks, and whether they may ask now. */
import type { Request, Response } from 'express';
import { fail } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Viewer } from '../route.ts';
import { type Quota, quotaHeaders, takeQuota, windowS } from './rate-limit.ts';
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

/** The client's address, as far as the configured number of proxies can be trusted to tell it. */
export function addressOf(request: Request): string {
  return request.ip ?? 'unknown';
}

/**
 * Identifies the caller, counts the request and sets the quota's headers.
 *
 * @returns the viewer, or undefined for a request without a token.
 * @throws {Failure} RATE_LIMITED; UNAUTHORIZED if a token was sent that is not good (any more).
 */
export async function admit(door: Door, request: Request, response: Response): Promise<Viewer | undefined> {
  const { tools, tokens, viewers } = door;
  const limits = tools.config.RATE_LIMITS ?? nominal;
  const take = (viewer: { userId: string; tier: 'free' | 'pro' | 'enterprise' } | undefined) => {
    const tier = viewer?.tier ?? 'anonymous';
    return takeQuota(
      tools.cache,
      tools.config.RATE_LIMITS,
      tier,
      viewer?.userId ?? addressOf(request),
      limits[tier],
    );
  };

  // Replaced below; an answer given while Redis is away has these.
  setQuota(response, {
    policy: 'anonymous',
    limit: limits.anonymous,
    remaining: limits.anonymous,
    resetInS: windowS,
    exceeded: false,
  });
  const header = request.headers.authorization;
  const token = bearerOf(request);
  const claims = token === undefined ? undefined : await tokens.verify(token);
  const known = claims && viewers.peek(claims);
  const [early] = await Promise.all([known ? take(known) : undefined, tools.changes.catchUp()]);
  const viewer = claims && (await viewers.of(claims));
  const quota = early ?? (await take(viewer));
  setQuota(response, quota);
  if (quota.exceeded) {
    fail(
      'RATE_LIMITED',
      {
        limit: quota.limit,
        remaining: 0,
        reset_at: new Date(Date.now() + quota.resetInS * 1_000).toISOString(),
      },
      { retryAfterS: quota.resetInS },
    );
  }
  if (header !== undefined && !viewer) {
    fail('UNAUTHORIZED', {
      field: 'Authorization',
      reason: 'The access token is expired, ended or not valid',
    });
  }
  return viewer;
}

function setQuota(response: Response, quota: Quota): void {
  const headers = quotaHeaders(quota);
  for (const name in headers) response.setHeader(name, headers[name] as string);
}
