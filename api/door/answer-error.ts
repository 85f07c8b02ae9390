/** Errors as clients see them: one envelope, one place where anything thrown becomes a code. */
import type { Response } from 'express';
import { ZodError } from 'zod';
import { isDatabaseDown } from '../../shared/db/index.ts';
import { Failure } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { isRedisDown } from '../../shared/redis/index.ts';
import { sendJson } from './headers.ts';

/** After how many seconds a client may try again when an engine is away. */
const retryAfterS = 2;

/** Body-parser's error types, which mean what their HTTP status says. */
type ParserError = Error & { type?: string; status?: number };

/** What was thrown, as the failure a client is told of. Whatever is not known is INTERNAL_ERROR. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ZodError) return invalid(error);
  if (isDatabaseDown(error) || isRedisDown(error)) {
    return new Failure('SERVICE_UNAVAILABLE', undefined, { retryAfterS, cause: error });
  }
  const { type, status } = error as ParserError;
  if (type === 'entity.too.large') {
    return new Failure('PAYLOAD_TOO_LARGE', { field: 'body', reason: 'The request body is too large' });
  }
  if (error instanceof URIError || (status !== undefined && status >= 400 && status < 500)) {
    return new Failure(
      'INVALID_INPUT',
      { field: 'body', reason: (error as Error).message },
      { cause: error },
    );
  }
  return new Failure('INTERNAL_ERROR', undefined, { cause: error });
}

/** A zod error as INVALID_INPUT: the first problem in `field` and `reason`, all of them in `problems`. */
function invalid(error: ZodError): Failure {
  const problems = error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ field: [...path, key].join('.'), reason: 'Unknown field' }));
    }
    return [{ field: path.join('.') || 'body', reason: issue.message }];
  });
  const first = problems[0] ?? { field: 'body', reason: 'Not valid' };
  return new Failure('INVALID_INPUT', problems.length > 1 ? { ...first, problems } : first);
}

/** Answers with the envelope. A reply that has already begun is cut instead. */
export function answerError(response: Response, error: unknown, requestId: string, log: Log): void {
  const failure = asFailure(error);
  if (failure.status >= 500)
    log.error({ err: failure.cause ?? failure, code: failure.code }, failure.message);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (failure.retryAfterS !== undefined) response.setHeader('Retry-After', String(failure.retryAfterS));
  if (failure.code === 'UNAUTHORIZED') response.setHeader('WWW-Authenticate', 'Bearer');
  sendJson(
    response,
    failure.status,
    JSON.stringify({
      error: {
        code: failure.code,
        message: failure.message,
        ...(failure.details ? { details: failure.details } : {}),
        request_id: requestId,
      },
    }),
  );
}
