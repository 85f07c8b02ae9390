/** The request that opens the live channel, before it becomes a WebSocket: who asks, and for what. */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Request, Response } from 'express';
import { fail, shortened } from '../../shared/errors.ts';
import { isLiveId } from '../../shared/live/messages.ts';
import { admit, type Door } from '../door/admit.ts';
import type { Viewer } from '../route.ts';
import { useTicket } from './tickets.ts';

const path = '/v1';

/**
 * A response like that of any request, on the bare socket of an upgrade. It is Node's; the steps it is used
 * in ask nothing of it that Express has added.
 */
export function responseOn(request: IncomingMessage, socket: Socket): Response {
  const response = new ServerResponse(request) as Response;
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.destroySoon());
  return response;
}

/**
 * The client's address by Express's rule: of the socket's address and, backwards, those in X-Forwarded-For,
 * the first that no trusted proxy has.
 */
function clientOf(request: IncomingMessage, trustedProxies: number): string {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '');
  const named = forwarded.split(',').flatMap((address) => address.trim() || []);
  const addresses = [request.socket.remoteAddress ?? 'unknown', ...named.reverse()];
  return addresses[Math.min(trustedProxies, addresses.length - 1)] as string;
}

/** What a request for the live channel is allowed: the stream of its viewer, from an id on. */
export type Admission = { viewer: Viewer; resumeFrom: string | undefined };

/**
 * Lets a request in like any other: it is counted, its quota's headers are set, its token is checked. A
 * ticket counts as the access token of its session.
 *
 * @throws {Failure} NOT_FOUND, UNAUTHORIZED, INVALID_INPUT, RATE_LIMITED, or an engine's error.
 */
export async function admitUpgrade(
  door: Door,
  request: IncomingMessage,
  response: Response,
): Promise<Admission> {
  const { tools, tokens } = door;
  // What a client sends as its target need not be one.
  const url = URL.parse(request.url ?? '', 'http://localhost');
  const ticket = url?.searchParams.get('ticket') ?? null;
  let { authorization } = request.headers;
  let redisError: unknown;
  if (authorization === undefined && ticket !== null) {
    const claims = await useTicket(tools.cache, ticket).catch((error: unknown) => {
      redisError = error;
      return undefined;
    });
    if (claims) authorization = `Bearer ${await tokens.sign(claims.userId, claims.sessionId)}`;
  }
  const viewer = await admit(
    door,
    // Of Express's own, admission reads no more than these.
    { headers: { authorization }, ip: clientOf(request, tools.config.TRUST_PROXY) } as Request,
    response,
  );
  if (redisError) throw redisError;
  if (url?.pathname !== path) {
    fail('NOT_FOUND', { field: 'path', reason: `There is no ${shortened(request.url ?? '')}` });
  }
  if (!viewer) {
    if (ticket === null) fail('UNAUTHORIZED');
    fail('UNAUTHORIZED', { field: 'ticket', reason: 'The ticket was used, has lapsed or is not valid' });
  }
  const resumeFrom = url.searchParams.get('resume_from') ?? undefined;
  if (resumeFrom !== undefined && !isLiveId(resumeFrom)) {
    fail('INVALID_INPUT', { field: 'resume_from', reason: 'Must be the id of a live message' });
  }
  return { viewer, resumeFrom };
}
