/** Which versions of the indexes are written to, as every process knows it within a second. */
import type { Client } from '@elastic/elasticsearch';
import type { SearchType } from '../index.ts';
import { createMissing, readVersions, writeAlias } from './indexes.ts';

/** What a process knows of the versions is this old at the most when it writes. */
export const targetsFreshMs = 1_000;

export type Targets = {
  /** The write aliases of a type, one or, while a new version is built, two; made if there is none. */
  of(type: SearchType): Promise<string[]>;
  /** Has the next one who asks look anew. */
  forget(): void;
};

type Known = Record<SearchType, string[]>;

/** Nothing is read before somebody asks. */
export function openTargets(es: Client, prefix: string): Targets {
  let last: { readAtMs: number; known: Promise<Known> } | undefined;

  async function read(): Promise<Known> {
    const versions = await readVersions(es, prefix);
    const aliases = (type: SearchType) =>
      versions[type].filter(({ isWritten }) => isWritten).map(({ index }) => writeAlias(index));
    return {
      user: aliases('user'),
      hashtag: aliases('hashtag'),
      location: aliases('location'),
      post: aliases('post'),
    };
  }

  async function readOrMake(): Promise<Known> {
    const known = await read();
    if (Object.values(known).every((aliases) => aliases.length > 0)) return known;
    await createMissing(es, prefix);
    return read();
  }

  return {
    async of(type) {
      if (!last || performance.now() - last.readAtMs > targetsFreshMs) {
        const mine = { readAtMs: performance.now(), known: readOrMake() };
        last = mine;
        // What could not be read is asked for again by the next one.
        mine.known.catch(() => {
          if (last === mine) last = undefined;
        });
      }
      return (await last.known)[type];
    },
    forget() {
      last = undefined;
    },
  };
}
