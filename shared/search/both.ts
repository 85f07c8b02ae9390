/**
 * Two search indexes while data moves from one to the other: the one that has everything is read, both are written.
 *
 * Decision 19 says why.
 */
import { problemsOf } from '../both-sides.ts';
import { type SearchIndex, SearchIndexError } from './index.ts';

/** An index, and what an operator calls it. */
export type Side = { name: string; index: SearchIndex };

/**
 * Reads the one and writes to both, first to the one that is read. A write that fails on either side fails and may
 * be done again; one that either refuses because something newer stands there is refused. Closing closes both.
 */
export function openBothIndexes(read: Side, other: Side): SearchIndex {
  async function onBoth(work: (index: SearchIndex) => Promise<void>): Promise<void> {
    await work(read.index);
    await work(other.index);
  }
  return {
    put: (document, asOf) => onBoth((index) => index.put(document, asOf)),
    remove: (type, id, asOf) => onBoth((index) => index.remove(type, id, asOf)),
    query: (query) => read.index.query(query),
    ids: (type, afterId, limit) => read.index.ids(type, afterId, limit),
    refresh: () => onBoth((index) => index.refresh()),
    async check() {
      const problems = await problemsOf(
        [read, other].map(({ name, index }) => ({ name, check: () => index.check() })),
      );
      if (problems) throw new SearchIndexError(problems);
    },
    async close() {
      await Promise.all([read.index.close(), other.index.close()]);
    },
  };
}
