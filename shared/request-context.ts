/**
 * The request id that everything done on behalf of one request carries: log lines, events, jobs. It travels
 * beside the call chain, so that no function has to pass it on.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<string>();

/** Runs `work`, and whatever it starts, in the name of one request. */
export function withRequestId<T>(requestId: string, work: () => T): T {
  return storage.run(requestId, work);
}

/** The request this code runs for, if it runs for one. */
export function currentRequestId(): string | undefined {
  return storage.getStore();
}
