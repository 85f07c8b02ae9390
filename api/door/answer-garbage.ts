/** Answers what Node cannot read as a request, in the same envelope as everything else, and hangs up. */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Failure } from '../../shared/errors.ts';
import { newId } from '../../shared/ids.ts';
import type { Tools } from '../../shared/tools.ts';
import { anonymousQuota } from './admit.ts';
import { envelopeOf } from './answer-error.ts';
import { quotaHeaders } from './rate-limit.ts';

/** Listens for what the server cannot read. Nobody is counted: without a head there is nobody to name. */
export function answerGarbage(server: Server, { config, log }: Pick<Tools, 'config' | 'log'>): void {
  /** How many answers each connection still has under way; more bytes would fall into the midst of them. */
  const underWay = new WeakMap<Duplex, number>();
  const count = (socket: Duplex, change: 1 | -1) =>
    underWay.set(socket, (underWay.get(socket) ?? 0) + change);
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    count(socket, 1);
    response.once('close', () => count(socket, -1));
  });

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || underWay.get(socket) || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const failure = asFailure(error);
    const requestId = newId('req');
    const body = JSON.stringify(envelopeOf(failure, requestId));
    const headers = {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      'X-Request-Id': requestId,
      ...quotaHeaders(anonymousQuota(config.RATE_LIMITS)),
      Connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const { status } = failure;
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
    log.info({ request_id: requestId, status, error: error.code }, 'no request');
  });
}

/** https://nodejs.org/api/http.html#event-clienterror names the codes. */
function asFailure({ code }: NodeJS.ErrnoException): Failure {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Failure('PAYLOAD_TOO_LARGE', { reason: 'The path and the headers are too long' });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Failure('INVALID_INPUT', { reason: 'The request did not arrive in time' });
  }
  return new Failure('INVALID_INPUT', { reason: 'This is not HTTP' });
}
