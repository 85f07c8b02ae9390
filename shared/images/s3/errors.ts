/** What an S3 endpoint answers when it does not do as it was asked, and when to ask again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { S3Error } from 'minio';
import { ObjectStoreError } from '../index.ts';

/** The endpoint is there and says that it cannot at the moment. */
export class EndpointBusy extends Error {
  override name = 'EndpointBusy';
  constructor(status: number) {
    super(`the endpoint answers ${status}`);
  }
}

const attempts = 3;
const firstPauseMs = 50;

/** S3's code (`NoSuchKey`) or Node's (`ECONNREFUSED`). */
export function codeOf(error: unknown): string | undefined {
  const { code, Code } = Object(error) as { code?: unknown; Code?: unknown };
  const found = code ?? Code;
  return typeof found === 'string' ? found : undefined;
}

/** True if the object is what is missing. A HEAD has no body that could tell a missing object from a missing bucket. */
export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound'].includes(codeOf(error) ?? '');
}

/** True if the endpoint understood the request and will refuse it next time too, as with a wrong key. */
export function isRefusal(error: unknown): boolean {
  return error instanceof S3Error || (error instanceof ObjectStoreError && isRefusal(error.cause));
}

/** The error as the port knows it. */
export function asStoreError(error: unknown): ObjectStoreError {
  if (error instanceof ObjectStoreError) return error;
  const code = codeOf(error);
  if (code === 'InvalidRange')
    return new ObjectStoreError('range', 'There is no such range', { cause: error });
  // A message may be missing (several addresses that refused), or be all there is.
  const { message, Message } = Object(error) as { message?: string; Message?: string };
  const reason = [code, message || Message].filter(Boolean).join(': ') || String(error);
  return new ObjectStoreError('unavailable', `The image store failed: ${reason}`, { cause: error });
}

/**
 * Does something that may be done twice, again if the endpoint is busy or a connection broke: one that had been
 * idle may have been closed at the other end just then. Whatever else goes wrong would go wrong again.
 *
 * @throws what the last attempt threw.
 */
export async function retried<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const isPassing =
        error instanceof EndpointBusy || ['ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '');
      if (!isPassing || attempt === attempts) throw error;
      await sleep(firstPauseMs * 2 ** (attempt - 1) * (1 + Math.random()));
    }
  }
}
