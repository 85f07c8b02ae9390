/** Errors as clients see them: one envelope, one place where anything thrown becomes a code. */
import type { Response } from 'express';
import { isEngineAway } from '../../shared/away.ts';
import { Failure } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { sendJson } from './headers.ts';

/** After how many seconds a client may try again when an engine is away. */
const retryAfterS = 2;

/** Body-parser's error types, which mean what their HTTP status says. */
type ParserError = Error & { type?: string; status?: number };

/** What they are about, where that is not the body itself. */
const parserFields: Record<string, string> = {
  'charset.unsupported': 'content-type',
  'encoding.unsupported': 'content-encoding',
};

/** What was thrown, as the failure a client is told of. Whatever is not known is INTERNAL_ERROR. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (isEngineAway(error)) {
    return new Failure('SERVICE_UNAVAILABLE', undefined, { retryAfterS, cause: error });
  }
  const { type, status } = (error ?? {}) as Partial<ParserError>;
  if (type === 'entity.too.large') {
    return new Failure('PAYLOAD_TOO_LARGE', { field: 'body', reason: 'The request body is too large' });
  }
  if (error instanceof URIError) {
    const reason = 'Its percent-encoding cannot be decoded';
    return new Failure('INVALID_INPUT', { field: 'path', reason }, { cause: error });
  }
  if (status !== undefined && status >= 400 && status < 500) {
    const field = parserFields[type ?? ''] ?? 'body';
    return new Failure('INVALID_INPUT', { field, reason: (error as Error).message }, { cause: error });
  }
  return new Failure('INTERNAL_ERROR', undefined, { cause: error });
}

/** A failure as the body of its answer. */
export function envelopeOf({ code, message, details }: Failure, requestId: string): object {
  return { error: { code, message, ...(details ? { details } : {}), request_id: requestId } };
}

/** Answers with the envelope. A reply that has already begun is cut instead. */
export function answerError(response: Response, error: unknown, requestId: string, log: Log): void {
  const failure = asFailure(error);
  logFailure(failure, log);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (failure.retryAfterS !== undefined) response.setHeader('Retry-After', String(failure.retryAfterS));
  if (failure.code === 'UNAUTHORIZED') response.setHeader('WWW-Authenticate', 'Bearer');
  sendJson(response, failure.status, JSON.stringify(envelopeOf(failure, requestId)));
}

/** What JavaScript throws at a mistake of ours; an adapter may have taken it for a failure of its engine. */
const mistakes = [TypeError, RangeError, ReferenceError, SyntaxError];

function isMistake(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each.cause === undefined) return mistakes.some((kind) => each instanceof kind);
  }
  return false;
}

/** A mistake of ours is logged with its stack, an engine that is away in a line: there is one for each request it costs. */
function logFailure(failure: Failure, log: Log): void {
  const { status, code, message, cause = failure } = failure;
  if (status < 500) return;
  if (code === 'INTERNAL_ERROR' || isMistake(cause)) log.error({ err: cause, code }, message);
  else log.warn({ error: cause instanceof Error ? cause.message : cause, code }, message);
}
