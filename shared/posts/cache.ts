/**
 * Post bodies in this process's memory, ready as the bytes of their JSON: what most feed pages are made of. A body leaves
 * when its post or its author changes; callers catch up with `changes` before they read.
 */
import { LRUCache } from 'lru-cache';
import type { Changes } from '../changes/index.ts';
import type { Db } from '../db/index.ts';
import { type LoadedPost, loadPosts } from './body.ts';
import type { ImageUrls } from './image-urls.ts';
import type { Post } from './schema.ts';

/** About 1.5 kB each: 30 MB at the most. */
const maxBodies = 20_000;
/**
 * A change that was committed but never announced (the process died between) is seen after this. Signed URLs of
 * images, which a body may hold, live for longer.
 */
const lifetimeMs = 60_000;

export type CachedBody = {
  authorUserId: string;
  /** In nobody's feed: it is archived, or its author is hidden. */
  isOff: boolean;
  taggedUserIds: readonly string[];
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

/** What is kept of a post. */
function cachedBody({ body, countedUpTo, authorIsHidden }: Omit<LoadedPost, 'id' | 'authorId'>): CachedBody {
  const common = Buffer.from(JSON.stringify(body));
  const mark = '"like_count":';
  const at = common.lastIndexOf(mark) + mark.length;
  const plain = Buffer.concat([common.subarray(0, -1), viewersPart(false, false)]);
  return {
    authorUserId: body.user.user_id,
    isOff: body.is_archived || authorIsHidden,
    taggedUserIds: body.tagged_users.map((user) => user.user_id),
    likeCount: body.like_count,
    countedUpTo,
    plain,
    head: plain.subarray(0, at),
    tail: plain.subarray(at + String(body.like_count).length, common.length - 1),
  };
}

/** The same post without some of those who are tagged in it, for a viewer who may not know of them. */
export function withoutTagged(cached: CachedBody, userIds: ReadonlySet<string>): CachedBody {
  const { is_liked, is_saved, ...body } = JSON.parse(cached.plain.toString()) as Post;
  const tagged = body.tagged_users.filter((user) => !userIds.has(user.user_id));
  return cachedBody({
    body: { ...body, tagged_users: tagged },
    countedUpTo: cached.countedUpTo,
    authorIsHidden: cached.isOff,
  });
}

export type PostCache = {
  /** The posts in the order of `postIds`; undefined in the place of one that does not exist. */
  get(postIds: string[]): Promise<(CachedBody | undefined)[]>;
};

/** Opens the cache of this process. */
export function openPostCache(db: Db, imageUrls: ImageUrls, changes: Changes): PostCache {
  const bodies = new LRUCache<string, CachedBody>({ max: maxBodies, ttl: lifetimeMs, ttlResolution: 1_000 });
  changes.on('post', (postId) => {
    if (postId) bodies.delete(postId);
    else bodies.clear();
  });
  changes.on('user', (userId) => {
    if (!userId) return bodies.clear();
    for (const [postId, body] of bodies.entries()) {
      if (body.authorUserId === userId || body.taggedUserIds.includes(userId)) bodies.delete(postId);
    }
  });

  async function load(postIds: string[]): Promise<Map<string, CachedBody>> {
    const loaded = new Map<string, CachedBody>();
    const { epoch } = changes;
    for (const post of await loadPosts(db, imageUrls, postIds)) {
      const cached = cachedBody(post);
      loaded.set(post.body.post_id, cached);
      if (changes.epoch === epoch) bodies.set(post.body.post_id, cached);
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
