/** The bytes of an object on their way to whoever reads them. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { asStoreError } from './errors.ts';

/**
 * The body of a response as the port gives it. What breaks it off is told as the store's error, so that a job knows
 * that the store is away; destroying the stream closes the connection. It is the response itself, since a
 * stream around it would cost a small read a fifth more CPU time.
 */
export function objectStream(response: IncomingMessage): Readable {
  const { _destroy: destroy } = response;
  response._destroy = (error, done) => destroy.call(response, error && asStoreError(error), done);
  return response;
}
