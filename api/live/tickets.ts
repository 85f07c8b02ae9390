/**
 * Tickets of the live channel. A browser cannot send a header with a WebSocket, and an access token in a URL
 * would end in logs; a ticket works once, for half a minute.
 */
import { randomBytes } from 'node:crypto';
import { keys } from '../../shared/keys.ts';
import type { Redis } from '../../shared/redis/index.ts';
import { accessTokenLifetimeS, type Claims } from '../door/tokens.ts';

export const ticketLifetimeS = 30;

const ticketPattern = /^[\w-]{32}$/;

/** Makes a ticket for a session. */
export async function makeTicket(
  cache: Redis,
  { userId, sessionId }: { userId: string; sessionId: string },
): Promise<string> {
  const ticket = randomBytes(24).toString('base64url');
  await cache.set(keys.ticket(ticket), JSON.stringify({ userId, sessionId }), 'EX', ticketLifetimeS);
  return ticket;
}

/** What a ticket says; undefined if it was used, has lapsed or never was. It works no second time. */
export async function useTicket(cache: Redis, ticket: string): Promise<Claims | undefined> {
  if (!ticketPattern.test(ticket)) return undefined;
  const kept = await cache.getdel(keys.ticket(ticket));
  if (kept === null) return undefined;
  const { userId, sessionId } = JSON.parse(kept) as { userId: string; sessionId: string };
  return { userId, sessionId, expiresAtMs: Date.now() + accessTokenLifetimeS * 1_000 };
}
