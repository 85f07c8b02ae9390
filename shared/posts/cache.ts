/**
 * Post bodies in this process's memory, ready as the bytes of their JSON: what most feed pages are made of. A body leaves
 * when its post or its author changes; callers catch up with `changes` before they read.
 */
import { LRUCache } from 'lru-cache';
import type { Changes } from '../changes/index.ts';
import type { Db } from '../db/index.ts';
import { loadPosts } from './body.ts';

/** About 1.5 kB each: 30 MB at the most. */
const maxBodies = 20_000;
/** A change that was committed but never announced (the process died between) is seen after this. */
const lifetimeMs = 60_000;

export type CachedBody = {
  authorUserId: string;
  /** In nobody's feed: it is archived, or its author is hidden. */
  isOff: boolean;
  likeCount: number;
  countedUpTo: number;
  /** The whole post as JSON, for whoever neither liked nor saved it. */
  plain: Buffer;
  /** Parts of it: up to and including `"like_count":`, and from behind the number up to what depends on the viewer. */
  head: Buffer;
  tail: Buffer;
};

/** What follows the `tail` of a post: the viewer's own marks, and the closing brace. */
export function viewersPart(isLiked: boolean, isSaved: boolean): Buffer {
  return Buffer.from(`,"is_liked":${isLiked},"is_saved":${isSaved}}`);
}

export type PostCache = {
  /** The posts in the order of `postIds`; undefined in the place of one that does not exist. */
  get(postIds: string[]): Promise<(CachedBody | undefined)[]>;
};

/** Opens the cache of this process. `cdn`: what image URLs begin with. */
export function openPostCache(db: Db, cdn: string, changes: Changes): PostCache {
  const bodies = new LRUCache<string, CachedBody>({ max: maxBodies, ttl: lifetimeMs, ttlResolution: 1_000 });
  changes.on('post', (postId) => {
    if (postId) bodies.delete(postId);
    else bodies.clear();
  });
  changes.on('user', (userId) => {
    if (!userId) return bodies.clear();
    for (const [postId, body] of bodies.entries()) {
      if (body.authorUserId === userId) bodies.delete(postId);
    }
  });

  async function load(postIds: string[]): Promise<Map<string, CachedBody>> {
    const loaded = new Map<string, CachedBody>();
    const { epoch } = changes;
    for (const { body, countedUpTo, authorIsHidden } of await loadPosts(db, cdn, postIds)) {
      const common = Buffer.from(JSON.stringify(body));
      const mark = '"like_count":';
      const at = common.lastIndexOf(mark) + mark.length;
      const plain = Buffer.concat([common.subarray(0, -1), viewersPart(false, false)]);
      const cached = {
        authorUserId: body.user.user_id,
        isOff: body.is_archived || authorIsHidden,
        likeCount: body.like_count,
        countedUpTo,
        plain,
        head: plain.subarray(0, at),
        tail: plain.subarray(at + String(body.like_count).length, common.length - 1),
      };
      loaded.set(body.post_id, cached);
      if (changes.epoch === epoch) bodies.set(body.post_id, cached);
    }
    return loaded;
  }

  return {
    async get(postIds) {
      const found = postIds.map((postId) => bodies.get(postId));
      if (!found.includes(undefined)) return found;
      const loaded = await load(postIds.filter((_, index) => !found[index]));
      return found.map((body, index) => body ?? loaded.get(postIds[index] as string));
    },
  };
}
