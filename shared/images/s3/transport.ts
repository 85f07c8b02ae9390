/** Connections to an S3 endpoint: kept for the next request, and given up when nothing moves on them. */
import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, type RequestOptions, request as requestHttps } from 'node:https';
import type { ClientOptions } from 'minio';
import { EndpointBusy } from './errors.ts';

/** No connection, no reply and no further byte after this long: the endpoint is away. */
const silenceMs = 5_000;
/** Putting the parts of an upload together takes as long as the object is large. */
const longSilenceMs = 60_000;
const lookEveryMs = 500;

/** Below the 20 s after which AWS closes an idle connection, so that few are closed under a request. */
const idleMs = 15_000;
/** How many idle connections are kept. How many are in use is bounded by those who wait for an answer. */
const maxIdle = 64;

/** Replies that mean "not now". The client would wait and ask again by itself, and forget to read them. */
const busyStatuses = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

export type S3Transport = {
  /** For the client's constructor. */
  options: Required<Pick<ClientOptions, 'transport' | 'transportAgent' | 'retryOptions'>>;
  /** Closes every connection, those in use too. */
  close(): void;
};

/** Opens a pool of connections; it has to be closed. */
export function openTransport(isTls: boolean): S3Transport {
  const pool = { keepAlive: true, maxFreeSockets: maxIdle, timeout: idleMs };
  const agent = isTls ? new HttpsAgent(pool) : new HttpAgent(pool);
  const start = isTls ? requestHttps : requestHttp;

  function request(options: RequestOptions, onResponse: (response: IncomingMessage) => void): ClientRequest {
    const started = start(options, (response) => {
      const { statusCode = 0 } = response;
      if (!busyStatuses.has(statusCode)) return onResponse(response);
      response.resume();
      started.emit('error', new EndpointBusy(statusCode));
    });
    endIfSilent(started, isCompletion(options) ? longSilenceMs : silenceMs);
    return started;
  }

  return {
    options: {
      transport: { request: request as typeof requestHttp },
      transportAgent: agent,
      retryOptions: { disableRetry: true },
    },
    close: () => agent.destroy(),
  };
}

function isCompletion({ method, path }: RequestOptions): boolean {
  return method === 'POST' && /[?&]uploadId=/.test(path ?? '');
}

/**
 * Breaks the request off when nothing has moved for a while, in either direction. Bytes that arrived and were not
 * read yet are no silence: then it is the reader who is slow.
 */
function endIfSilent(request: ClientRequest, limitMs: number): void {
  let response: IncomingMessage | undefined;
  let moved = 0;
  let movedAt = performance.now();
  request.once('response', (received) => {
    response = received;
  });
  const look = setInterval(() => {
    const { socket } = request;
    const now = socket ? socket.bytesRead + socket.bytesWritten : 0;
    if (now !== moved || (response && response.readableLength > 0)) {
      moved = now;
      movedAt = performance.now();
    } else if (performance.now() - movedAt >= limitMs) {
      clearInterval(look);
      (response ?? request).destroy(new Error(`the endpoint is silent for ${limitMs / 1_000} s`));
    }
  }, lookEveryMs).unref();
  request.once('socket', ({ bytesRead, bytesWritten }) => {
    moved = bytesRead + bytesWritten;
  });
  request.once('close', () => clearInterval(look));
}
