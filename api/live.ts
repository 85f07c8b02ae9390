/** The WebSocket door: who is connected and what they hear. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Response } from 'express';
import { type WebSocket, WebSocketServer } from 'ws';
import { Failure, fail } from '../shared/errors.ts';
import { newId } from '../shared/ids.ts';
import { withRequestId } from '../shared/request-context.ts';
import type { Door } from './door/admit.ts';
import { answerError } from './door/answer-error.ts';
import { type Connections, type Limits, openConnections } from './live/connections.ts';
import { type Admission, admitUpgrade, responseOn } from './live/handshake.ts';

/** A client has nothing to say; whatever it says is ignored, and more than this closes the socket (1009). */
const maxClientMessageBytes = 1_024;

const defaults: Limits = {
  pingEveryMs: 30_000,
  maxBufferedBytes: 1_048_576,
  socketsPerUser: 10,
  closeTimeoutMs: 3_000,
};

const open = new Set<{ readonly count: number }>();

/** How many sockets of the live channel this process holds. */
export function liveSockets(): number {
  return [...open].reduce((sum, { count }) => sum + count, 0);
}

/** True for a request that wants to become a WebSocket, not HTTP/2 or anything else that can be upgraded to. */
export function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket';
}

function ignore(): void {}

/**
 * What one client hears; it waits here until the socket is open. Not a closure of the handshake's, because a
 * socket lives for days and would keep the whole request in memory.
 */
function newInbox(connections: Pick<Connections, 'send'>) {
  let webSocket: WebSocket | undefined;
  let early: string[] = [];
  return {
    hear(text: string) {
      if (webSocket) connections.send(webSocket, text);
      else early.push(text);
    },
    open(opened: WebSocket) {
      webSocket = opened;
      for (const text of early) opened.send(text);
      early = [];
    },
  };
}

export type LiveDoor = {
  /** Closes all sockets (1001) and lets no more in; resolves when they are gone. */
  close(): Promise<void>;
};

/**
 * Opens the live channel on a server that is made with `shouldUpgradeCallback: isWebSocketUpgrade`.
 *
 * @param overrides other limits, where a test cannot wait for these.
 */
export function attachLive(server: Server, door: Door, overrides: Partial<Limits> = {}): LiveDoor {
  const { tools, viewers } = door;
  const connections = openConnections(tools, { ...defaults, ...overrides });
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxClientMessageBytes,
  });
  const responses = new WeakMap<IncomingMessage, Response>();
  const entering = new Set<Promise<void>>();
  let isClosing = false;
  open.add(connections);

  webSockets.on('headers', (lines, request) => {
    const response = responses.get(request);
    for (const name of response?.getHeaderNames() ?? []) lines.push(`${name}: ${response?.getHeader(name)}`);
  });
  webSockets.on('wsClientError', (error, _socket, request) => {
    refuse(request, new Failure('INVALID_INPUT', { field: 'upgrade', reason: error.message }));
  });

  function refuse(request: IncomingMessage, error: unknown) {
    const response = responses.get(request);
    if (response) answerError(response, error, String(response.getHeader('X-Request-Id')), tools.log);
  }

  /** Subscribes first and upgrades then: what is told once the client knows it is connected reaches it. */
  async function enter(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    { viewer, resumeFrom }: Admission,
  ) {
    const inbox = newInbox(connections);
    const leave = await tools.live.listen(viewer.userId, resumeFrom, inbox.hear);
    let isOpen = false;
    try {
      // From here on an ending closes the socket; one that was announced since the first look is seen now.
      const expiresAtMs = Number.POSITIVE_INFINITY;
      if (!(await viewers.of({ ...viewer, expiresAtMs }))) fail('UNAUTHORIZED');
      if (isClosing) fail('SERVICE_UNAVAILABLE', undefined, { retryAfterS: 1 });
      webSockets.handleUpgrade(request, socket, head, (opened) => {
        responses.get(request)?.detachSocket(socket);
        connections.add(opened, viewer, leave);
        inbox.open(opened);
        isOpen = true;
      });
    } finally {
      // Refused, or the client has left meanwhile.
      if (!isOpen) leave();
    }
  }

  async function receive(request: IncomingMessage, socket: Socket, head: Buffer) {
    // A client may leave at any moment; what is written to it then is lost, which is all there is to it.
    socket.on('error', ignore);
    const response = responseOn(request, socket);
    const requestId = newId('req');
    response.setHeader('X-Request-Id', requestId);
    responses.set(request, response);
    await withRequestId(requestId, async () => {
      const started = performance.now();
      try {
        await enter(request, socket, head, await admitUpgrade(door, request, response));
      } catch (error) {
        refuse(request, error);
      }
      const status = response.headersSent ? response.statusCode : 101;
      tools.log.info({ status, ms: Math.round(performance.now() - started) }, 'upgrade');
    });
  }

  function onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer) {
    const entered = receive(request, socket, head).finally(() => entering.delete(entered));
    entering.add(entered);
  }
  server.on('upgrade', onUpgrade);

  return {
    async close() {
      isClosing = true;
      server.off('upgrade', onUpgrade);
      await Promise.all([...entering, connections.close()]);
      open.delete(connections);
    },
  };
}
