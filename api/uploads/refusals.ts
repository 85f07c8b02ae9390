/** What a form can be refused for, in words its sender can act on. */
import type { Request } from 'express';
import multer from 'multer';
import { Failure } from '../../shared/errors.ts';
import type { Oversized } from './file-storage.ts';

const bytesPerMegabyte = 1024 * 1024;

/**
 * The file goes on past the limit. Of a file that was not counted to its end, which a single one never is, the
 * size named is that of the request: it differs by the text fields alone. None is named if the request does
 * not tell either or the size would round to the limit itself.
 */
export function tooLarge(
  { field, position, bytes }: Oversized,
  maxBytes: number,
  request: Request,
  maxFiles: number,
): Failure {
  const megabytes = (count: number) => `${Number((count / bytesPerMegabyte).toFixed(1))}MB`;
  const limit = megabytes(maxBytes);
  const size = megabytes(bytes ?? (maxFiles === 1 ? Number(request.headers['content-length'] ?? 0) : 0));
  const isKnown = Number.parseFloat(size) > Number.parseFloat(limit);
  const reason = `Image size ${isKnown ? `${size} ` : ''}exceeds limit of ${limit}`;
  // Whether others follow the first one is not known yet.
  const details = position === 1 ? { reason } : { reason: `Image ${position}: ${reason}`, position };
  return new Failure('IMAGE_TOO_LARGE', { field, ...details });
}

/** The client left before its upload had ended: nobody will read this, but the work has to stop. */
export function closedEarly(): Failure {
  return new Failure('INVALID_INPUT', { reason: 'The connection closed before the upload was complete' });
}

/** What multer, busboy below it or the file system threw, as a failure where the client is at fault. */
export function asFailure(error: unknown, maxFieldBytes: number): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  if (error instanceof multer.MulterError) {
    const { code, field = 'body', message } = error;
    if (code === 'LIMIT_FIELD_VALUE') {
      const reason = `Must be at most ${maxFieldBytes} bytes`;
      return new Failure('PAYLOAD_TOO_LARGE', { field, reason }, { cause: error });
    }
    return new Failure('INVALID_INPUT', { field, reason: message }, { cause: error });
  }
  // Only errors of the system carry a number.
  if ('errno' in error) return error;
  if (['Request aborted', 'Request closed'].includes(error.message)) return closedEarly();
  const reason = `The multipart form cannot be read: ${error.message}`;
  return new Failure('INVALID_INPUT', { field: 'body', reason }, { cause: error });
}
