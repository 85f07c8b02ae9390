/** Every error a client can see: its code, its HTTP status and its message, and the one way to throw it. */

export const errors = {
  INVALID_INPUT: { status: 400, message: 'Request validation failed' },
  IMAGE_TOO_LARGE: { status: 400, message: 'Image file exceeds size limit' },
  INVALID_FORMAT: { status: 400, message: 'Image format not supported' },
  UNAUTHORIZED: { status: 401, message: 'Authentication required' },
  FORBIDDEN: { status: 403, message: 'Insufficient permissions' },
  NOT_FOUND: { status: 404, message: 'Not found' },
  METHOD_NOT_ALLOWED: { status: 405, message: 'Method not allowed' },
  CONFLICT: { status: 409, message: 'Resource conflict' },
  GONE: { status: 410, message: 'No longer available' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'Request body exceeds size limit' },
  UNPROCESSABLE: { status: 422, message: 'Request cannot be processed' },
  RATE_LIMITED: { status: 429, message: 'Rate limit exceeded. Please try again later.' },
  INTERNAL_ERROR: { status: 500, message: 'Server error' },
  SERVICE_UNAVAILABLE: { status: 503, message: 'Service temporarily unavailable' },
} as const;

export type ErrorCode = keyof typeof errors;

/** What the envelope's `details` may say: the field at fault, and why in words a person can act on. */
export type ErrorDetails = { field?: string; reason?: string; [fact: string]: unknown };

/** A refusal a client sees. Anything else that is thrown is answered as INTERNAL_ERROR and logged. */
export class Failure extends Error {
  override name = 'Failure';
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;
  /** After how many seconds a retry makes sense; sent as `Retry-After`. */
  readonly retryAfterS: number | undefined;

  constructor(
    code: ErrorCode,
    details?: ErrorDetails,
    more: { message?: string; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(more.message ?? errors[code].message, { cause: more.cause });
    this.code = code;
    this.details = details;
    this.retryAfterS = more.retryAfterS;
  }

  get status(): number {
    return errors[this.code].status;
  }
}

/**
 * Refuses the request.
 *
 * @throws {Failure} always.
 */
export function fail(
  code: ErrorCode,
  details?: ErrorDetails,
  more?: { message?: string; retryAfterS?: number; cause?: unknown },
): never {
  throw new Failure(code, details, more);
}

/** A text as a message quotes it: whole, unless somebody sends a very long one. */
export function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100).toWellFormed()}…` : text;
}

/**
 * Refuses the request because what it names does not exist, or may not be known to exist by the caller.
 *
 * @param noun what was looked for, as a person calls it: `Post`, `User`
 * @param field the request's name for it: `post_id`
 * @throws {Failure} NOT_FOUND, its details naming the field and the value.
 */
export function notFound(noun: string, field: string, value: string): never {
  throw new Failure(
    'NOT_FOUND',
    { field, reason: `${noun} '${shortened(value)}' does not exist` },
    { message: `${noun} not found` },
  );
}
