/** Feeds: read from Redis, rebuilt from Postgres when absent, continued in Postgres beyond the cached depth. */
import { randomUUID } from 'node:crypto';
import type { Db } from '../db/index.ts';
import { timeOf } from '../ids.ts';
import { keys } from '../keys.ts';
import type { Redis } from '../redis/index.ts';
import { feedFromPostgres, marksFromPostgres } from './postgres.ts';
import { beginBuild, dropPost, endBuild, pushPost, readPage, setMark } from './scripts.ts';

/** A feed nobody reads lapses after a day. */
const lifetimeS = 86_400;
/** A build that takes longer than this has died; the next reader begins anew. */
const buildTimeoutS = 30;
/** Feeds one script touches: long enough to amortise the call, short enough (about 2 ms) not to block Redis. */
const feedsPerScript = 1_000;
/** Scripts in flight at once: the next is ready when one ends. */
const scriptsInFlight = 8;

/**
 * A feed that is cut off has at least `depth` posts. It is built with a tenth more, so that posts which are
 * deleted do not cost the feed, and trimmed at two tenths more, so that hardly any push has to trim.
 */
const sizesOf = (depth: number) => ({ kept: Math.ceil(depth * 1.1), most: Math.ceil(depth * 1.2) });

/**
 * One post of a feed as its viewer sees it. A mark is the number of the act that made it: positive, or 0 when
 * read from Postgres, if the post is liked or saved; negative or null if it is not.
 */
export type FeedEntry = { postId: string; liked: number | null; saved: number | null };
export type FeedPage = { entries: FeedEntry[]; more: boolean };

export type Feeds = {
  /** Up to `limit` posts older than `beforePostId`, newest first; `more` is false only at the true end. */
  page(
    viewer: { id: number; userId: string },
    beforePostId: string | undefined,
    limit: number,
  ): Promise<FeedPage>;
  /** Puts a post into those of the users' feeds that exist. Replies how many took it. */
  push(userIds: string[], postId: string): Promise<number>;
  drop(userIds: string[], postId: string): Promise<void>;
  /** The next read rebuilds the feed. Call it after the commit of what changed it. */
  forget(userId: string): Promise<void>;
  /** Notes that the user liked or saved a post (`act` positive) or undid it (negative). */
  mark(userId: string, kind: 'liked' | 'saved', postId: string, act: number): Promise<void>;
};

/**
 * Unix seconds, as the scores of a feed are. Whole ones: Redis compares them as integers, with fractions a push
 * takes twice as long. Posts of one second are ordered by their ids, which begin with the millisecond.
 */
function scoreOf(postId: string): number {
  return Math.floor(timeOf(postId) / 1_000);
}

/** Opens the feeds. `depth`: how many posts of a feed are cached at the least before older ones come from Postgres. */
export function openFeeds(cache: Redis, db: Db, depth: number): Feeds {
  const { kept, most } = sizesOf(depth);

  async function fromCache(userId: string, before: string | undefined, limit: number) {
    const reply = await readPage(
      cache,
      [keys.feed(userId), keys.marks(userId)],
      [limit, lifetimeS, before ? scoreOf(before) : '', before ?? ''],
    );
    if (!reply) return undefined;
    const [ids, reached, whole, ...found] = reply;
    const entries = (ids === '' ? [] : ids.split(',')).map(
      (postId): FeedEntry => ({ postId, liked: null, saved: null }),
    );
    for (let at = 0; at < found.length; at += 2) {
      const name = found[at] as string;
      const entry = entries.find(({ postId }) => name.endsWith(postId));
      if (entry) entry[name.startsWith('l') ? 'liked' : 'saved'] = Number(found[at + 1]);
    }
    return { entries, reachedBottom: reached === 1, whole: whole === 1 };
  }

  async function fromPostgres(
    viewerId: number,
    before: string | undefined,
    limit: number,
  ): Promise<FeedPage> {
    const ids = await feedFromPostgres(db, viewerId, before, limit + 1);
    const shown = ids.slice(0, limit);
    const marks = await marksFromPostgres(db, viewerId, shown);
    return {
      entries: shown.map((postId) => ({
        postId,
        liked: marks.liked.get(postId) ?? null,
        saved: marks.saved.get(postId) ?? null,
      })),
      more: ids.length > limit,
    };
  }

  /** The token goes in before SQL is read: a post committed in between is pushed to the feed being built. */
  async function build(viewer: { id: number; userId: string }) {
    const token = randomUUID();
    const feed = keys.feed(viewer.userId);
    if ((await beginBuild(cache, [feed], [token, buildTimeoutS])) === 0) return;
    const ids = await feedFromPostgres(db, viewer.id, undefined, kept + 1);
    const marks = await marksFromPostgres(db, viewer.id, ids);
    await endBuild(
      cache,
      [feed, keys.marks(viewer.userId)],
      [
        token,
        lifetimeS,
        kept,
        ids.length <= kept ? 1 : 0,
        ids.length,
        ...ids.flatMap((postId) => [scoreOf(postId), postId]),
        ...[...marks.liked].flatMap(([postId, act]) => [`l${postId}`, act]),
        ...[...marks.saved].flatMap(([postId, act]) => [`s${postId}`, act]),
      ],
    );
  }

  async function inScripts(userIds: string[], run: (feedKeys: string[]) => Promise<number>): Promise<number> {
    const chunks: string[][] = [];
    for (let from = 0; from < userIds.length; from += feedsPerScript) {
      chunks.push(userIds.slice(from, from + feedsPerScript).map(keys.feed));
    }
    let total = 0;
    let next = 0;
    const lane = async () => {
      for (let chunk = chunks[next++]; chunk; chunk = chunks[next++]) {
        const touched = await run(chunk);
        // Read after the wait: the other lanes add to it meanwhile.
        total += touched;
      }
    };
    await Promise.all(Array.from({ length: scriptsInFlight }, lane));
    return total;
  }

  return {
    async page(viewer, before, limit) {
      let cached = await fromCache(viewer.userId, before, limit + 1);
      if (!cached) {
        await build(viewer);
        cached = await fromCache(viewer.userId, before, limit + 1);
      }
      if (!cached) return fromPostgres(viewer.id, before, limit);
      const { entries } = cached;
      if (entries.length > limit) return { entries: entries.slice(0, limit), more: true };
      if (cached.whole && cached.reachedBottom) return { entries, more: false };
      const older = await fromPostgres(viewer.id, entries.at(-1)?.postId ?? before, limit - entries.length);
      return { entries: [...entries, ...older.entries], more: older.more };
    },
    push(userIds, postId) {
      const score = scoreOf(postId);
      return inScripts(userIds, (feedKeys) => pushPost(cache, feedKeys, [score, postId, depth, kept, most]));
    },
    async drop(userIds, postId) {
      await inScripts(userIds, (feedKeys) => dropPost(cache, feedKeys, [postId, depth]));
    },
    async forget(userId) {
      await cache.unlink(keys.feed(userId), keys.marks(userId));
    },
    async mark(userId, kind, postId, act) {
      await setMark(
        cache,
        [keys.feed(userId), keys.marks(userId)],
        [`${kind === 'liked' ? 'l' : 's'}${postId}`, act],
      );
    },
  };
}
