/**
 * Two object stores while data moves from one to the other: the one that has everything is read, both are written.
 *
 * Decision 19 says why.
 */
import { problemsOf } from '../both-sides.ts';
import { type ObjectStore, ObjectStoreError } from './index.ts';

/** A store, and what an operator calls it. */
export type Side = { name: string; store: ObjectStore };

/**
 * Reads the one and writes to both, first to the one that is read. A write that fails on either side fails and may
 * be done again. Closing closes both.
 */
export function openBothStores(read: Side, other: Side): ObjectStore {
  async function onBoth(work: (store: ObjectStore) => Promise<void>): Promise<void> {
    await work(read.store);
    await work(other.store);
  }
  const store: ObjectStore = {
    put: (key, path, contentType) => onBoth((side) => side.put(key, path, contentType)),
    get: (key, range) => read.store.get(key, range),
    stat: (key) => read.store.stat(key),
    remove: (key) => onBoth((side) => side.remove(key)),
    removeAll: (prefix) => onBoth((side) => side.removeAll(prefix)),
    list: (afterKey) => read.store.list(afterKey),
    withFile: (key, use) => read.store.withFile(key, use),
    async check() {
      const problems = await problemsOf(
        [read, other].map(({ name, store }) => ({ name, check: () => store.check() })),
      );
      if (problems) throw new ObjectStoreError('unavailable', problems);
    },
    async close() {
      await Promise.all([read.store.close(), other.store.close()]);
    },
    [Symbol.asyncDispose]: () => store.close(),
  };
  return store;
}
