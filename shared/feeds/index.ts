/**
 * Feeds: read from Redis, rebuilt from Postgres when absent, continued in Postgres beyond the cached depth. Posts of
 * authors with very many followers are not pushed but merged in here, as feeds are read.
 *
 * Decisions 2 and 9 say why.
 */
import type { Changes } from '../changes/index.ts';
import type { Db } from '../db/index.ts';
import { keys } from '../keys.ts';
import type { Redis } from '../redis/index.ts';
import { total } from '../redis/spread.ts';
import { openAuthorPosts } from './author-posts.ts';
import {
  type CachedPage,
  entriesFromPostgres,
  type FeedEntry,
  type FeedOwner,
  openCachedFeeds,
  scoreOf,
} from './cached.ts';
import { mergeNewest } from './merge.ts';
import { feedFromPostgres } from './postgres.ts';
import { dropPost, forgetFeeds, pushPost } from './scripts.ts';

export type { FeedEntry } from './cached.ts';
/** `isBlocked`: somebody may have blocked the viewer, so that who is tagged in the posts must be looked at. */
export type FeedPage = { entries: FeedEntry[]; more: boolean; isBlocked: boolean };

/**
 * Where a page takes a post from: what was pushed to the viewer's cached feed, what is merged into it from memory,
 * or Postgres, because it lies deeper than both or the feed is being built.
 */
export type FeedSource = 'pushed' | 'merged' | 'postgres';

/**
 * A feed that is cut off has at least `depth` posts. It is built with a tenth more, so that posts which are
 * deleted do not cost the feed, and trimmed at two tenths more, so that hardly any push has to trim.
 */
const sizesOf = (depth: number) => ({ kept: Math.ceil(depth * 1.1), most: Math.ceil(depth * 1.2) });

export type Feeds = {
  /** Up to `limit` posts older than `beforePostId`, newest first; `more` is false only at the true end. */
  page(viewer: FeedOwner, beforePostId: string | undefined, limit: number): Promise<FeedPage>;
  /** Where the viewer's feed takes the post from at this moment; undefined if it does not have it. */
  sourceOf(viewer: FeedOwner, postId: string): Promise<FeedSource | undefined>;
  /** Puts a post into those of the users' feeds that exist. Replies how many took it. */
  push(userIds: string[], postId: string): Promise<number>;
  drop(userIds: string[], postId: string): Promise<void>;
  /** The next read rebuilds the feed. Call it after the commit of what changed it. */
  forget(userId: string): Promise<void>;
  /** The same for many. */
  forgetAll(userIds: string[]): Promise<void>;
  /** Every process forgets which posts the author shows. Call it after the commit of what changed that. */
  authorChanged(authorId: number): Promise<void>;
  /** Notes that the user liked or saved a post (`act` positive) or undid it (negative). */
  mark(userId: string, kind: 'liked' | 'saved', postId: string, act: number): Promise<void>;
};

/** The least text above a post id: no other id lies between. */
function justAbove(postId: string): string {
  return postId.slice(0, -1) + String.fromCharCode(postId.charCodeAt(postId.length - 1) + 1);
}

/** Opens the feeds. `depth`: how many posts of a feed are cached at the least before older ones come from Postgres. */
export function openFeeds(cache: Redis, db: Db, changes: Changes, depth: number): Feeds {
  const { kept, most } = sizesOf(depth);
  const cachedFeeds = openCachedFeeds(cache, db, kept);
  const authors = openAuthorPosts(db, changes, depth);

  async function readOrBuild(viewer: FeedOwner, before: string | undefined, count: number) {
    const cached = await cachedFeeds.read(viewer.userId, before, count);
    if (cached) return cached;
    await cachedFeeds.build(viewer);
    return cachedFeeds.read(viewer.userId, before, count);
  }

  async function fromPostgres(
    viewerId: number,
    before: string | undefined,
    limit: number,
  ): Promise<FeedPage> {
    const ids = await feedFromPostgres(db, viewerId, before, limit + 1);
    const entries = await entriesFromPostgres(db, viewerId, ids.slice(0, limit));
    return { entries, more: ids.length > limit, isBlocked: true };
  }

  /** What is cached of one feed together with what is in memory of its merged authors. */
  async function withMerged(
    viewer: FeedOwner,
    cached: CachedPage,
    before: string | undefined,
    count: number,
  ): Promise<Pick<CachedPage, 'entries' | 'isWhole'>> {
    const pushed = new Map(cached.entries.map((entry) => [entry.postId, entry]));
    const lists = await authors.newest(cached.mergedAuthorIds);
    const { postIds, sources, isWhole } = mergeNewest(
      [{ postIds: [...pushed.keys()], isWhole: cached.isWhole }, ...lists],
      before,
      count,
    );
    // Of a merged author's post the cached feed need not know the marks, even one that was pushed to it.
    const merged = postIds.filter((_, index) => sources[index] !== 0);
    for (const entry of merged.length > 0 ? await cachedFeeds.entriesOf(viewer, merged) : []) {
      pushed.set(entry.postId, entry);
    }
    return { entries: postIds.map((postId) => pushed.get(postId) as FeedEntry), isWhole };
  }

  return {
    async page(viewer, before, limit) {
      const cached = await readOrBuild(viewer, before, limit + 1);
      if (!cached) return fromPostgres(viewer.id, before, limit);
      const { entries, isWhole } =
        cached.mergedAuthorIds.length === 0 ? cached : await withMerged(viewer, cached, before, limit + 1);
      const { isBlocked } = cached;
      if (entries.length > limit) return { entries: entries.slice(0, limit), more: true, isBlocked };
      if (isWhole) return { entries, more: false, isBlocked };
      const older = await fromPostgres(viewer.id, entries.at(-1)?.postId ?? before, limit - entries.length);
      return { entries: [...entries, ...older.entries], more: older.more, isBlocked };
    },

    async sourceOf(viewer, postId) {
      const before = justAbove(postId);
      const cached = await readOrBuild(viewer, before, 1);
      if (cached?.entries[0]?.postId === postId) return 'pushed';
      if (cached) {
        const { entries, isWhole } = await withMerged(viewer, cached, before, 1);
        if (entries[0]?.postId === postId) return 'merged';
        if (entries.length > 0 || isWhole) return undefined;
      }
      const [found] = await feedFromPostgres(db, viewer.id, before, 1);
      return found === postId ? 'postgres' : undefined;
    },

    async push(userIds, postId) {
      return total(
        await pushPost(cache, userIds.map(keys.feed), [scoreOf(postId), postId, depth, kept, most]),
      );
    },
    async drop(userIds, postId) {
      await dropPost(cache, userIds.map(keys.feed), [postId, depth]);
    },
    async forget(userId) {
      await cache.unlink(keys.feed(userId), keys.marks(userId));
    },
    async forgetAll(userIds) {
      await forgetFeeds(
        cache,
        userIds.flatMap((userId) => [keys.feed(userId), keys.marks(userId)]),
        [],
      );
    },
    authorChanged: (authorId) => changes.announce('author', String(authorId)),
    mark: cachedFeeds.mark,
  };
}
