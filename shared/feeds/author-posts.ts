/**
 * The newest posts of merged authors, in this process's memory: what a feed page takes in beside what is cached
 * for its viewer. A list leaves when its author posts, deletes, archives or unarchives; callers catch up with
 * `changes` before they read.
 */
import { LRUCache } from 'lru-cache';
import type { Changes } from '../changes/index.ts';
import type { Db } from '../db/index.ts';
import type { Newest } from './merge.ts';
import { newestPostsOf } from './postgres.ts';

/** Post ids of all lists together, about 60 bytes each: 30 MB at the most. */
const maxPostIds = 500_000;
/** A change that was committed but never announced (the process died between) is seen after this. */
const lifetimeMs = 60_000;

export type AuthorPosts = {
  /** The newest posts of each of the authors, by internal ids. */
  newest(authorIds: readonly number[]): Promise<Newest[]>;
};

/** Opens the lists of this process. `depth`: how many posts of an author are kept before older ones come from Postgres. */
export function openAuthorPosts(db: Db, changes: Changes, depth: number): AuthorPosts {
  const lists = new LRUCache<number, Newest>({
    maxSize: maxPostIds,
    sizeCalculation: ({ postIds }) => postIds.length + 1,
    ttl: lifetimeMs,
    ttlResolution: 1_000,
  });
  /** Loads under way. One whose author changes meanwhile leaves: it serves those who came before, and is not kept. */
  const loading = new Map<number, Promise<Newest>>();
  changes.on('author', (authorId) => {
    if (authorId === undefined) {
      lists.clear();
      loading.clear();
    } else {
      lists.delete(Number(authorId));
      loading.delete(Number(authorId));
    }
  });

  function load(authorIds: number[]): void {
    const read = newestPostsOf(db, authorIds, depth + 1);
    for (const authorId of authorIds) {
      const one: Promise<Newest> = read.then((found) => {
        const postIds = found.get(authorId) ?? [];
        const newest = { postIds: postIds.slice(0, depth), isWhole: postIds.length <= depth };
        if (loading.get(authorId) === one) lists.set(authorId, newest);
        return newest;
      });
      const end = () => {
        if (loading.get(authorId) === one) loading.delete(authorId);
      };
      one.then(end, end);
      loading.set(authorId, one);
    }
  }

  return {
    async newest(authorIds) {
      const known = authorIds.map((authorId) => lists.get(authorId) ?? loading.get(authorId));
      const missing = authorIds.filter((_, index) => known[index] === undefined);
      if (missing.length > 0) load(missing);
      return Promise.all(
        known.map((list, index) => list ?? (loading.get(authorIds[index] as number) as Promise<Newest>)),
      );
    },
  };
}
