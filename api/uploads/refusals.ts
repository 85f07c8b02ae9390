/** What a form can be refused for, in words its sender can act on. */
import type { Request } from 'express';
import multer from 'multer';
import { Failure } from '../../shared/errors.ts';

const bytesPerMegabyte = 1024 * 1024;

/**
 * The file goes on past the limit. How large it is nobody knows before it has all been sent, so the size
 * named is that of the request, which with a single file differs by the text fields alone, and
 * none if the request does not tell or the size would round to the limit itself.
 */
export function tooLarge(field: string, maxBytes: number, request: Request, maxFiles: number): Failure {
  const megabytes = (bytes: number) => `${Number((bytes / bytesPerMegabyte).toFixed(1))}MB`;
  const limit = megabytes(maxBytes);
  const size = megabytes(Number(request.headers['content-length'] ?? 0));
  const isKnown = maxFiles === 1 && Number.parseFloat(size) > Number.parseFloat(limit);
  const reason = `Image size ${isKnown ? `${size} ` : ''}exceeds limit of ${limit}`;
  return new Failure('IMAGE_TOO_LARGE', { field, reason });
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
