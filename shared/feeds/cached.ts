/** One user's feed as Redis holds it: read, built, and told what the user did to posts. */
import { randomUUID } from 'node:crypto';
import type { Db } from '../db/index.ts';
import { timeOf } from '../ids.ts';
import { keys } from '../keys.ts';
import type { Redis } from '../redis/index.ts';
import { openRunId } from '../redis/run-id.ts';
import { type FeedTraits, feedFromPostgres, marksFromPostgres, traitsFromPostgres } from './postgres.ts';
import { addMarks, beginBuild, endBuild, readPage, setMark } from './scripts.ts';

/** A feed nobody reads lapses after a day. */
const lifetimeS = 86_400;
/** A build that takes longer than this has died; the next reader begins anew. */
const buildTimeoutS = 30;
/** Clocks of processes that make post ids and of those that build feeds may differ by so much. */
const clockToleranceMs = 60_000;
/** The mark of a post that was looked up in Postgres and has none. No act has a number as low. */
const noMark = -1;

/**
 * One post of a feed as its viewer sees it. A mark is the number of the act that made it: positive, or 0 when
 * read from Postgres, if the post is liked or saved; negative or null if it is not.
 */
export type FeedEntry = { postId: string; liked: number | null; saved: number | null };
export type FeedOwner = { id: number; userId: string };

/** Part of a feed without the posts of merged authors. `isWhole`: it reaches down to the feed's very end. */
export type CachedPage = FeedTraits & { entries: FeedEntry[]; isWhole: boolean };

export type CachedFeeds = {
  /** Up to `count` posts older than `before`, or undefined if there is no finished feed. */
  read(userId: string, before: string | undefined, count: number): Promise<CachedPage | undefined>;
  /** Builds the feed from Postgres, unless somebody else does. */
  build(owner: FeedOwner): Promise<void>;
  /** Posts that are not cached in the feed, with their marks. */
  entriesOf(owner: FeedOwner, postIds: string[]): Promise<FeedEntry[]>;
  mark(userId: string, kind: 'liked' | 'saved', postId: string, act: number): Promise<void>;
};

/**
 * Unix seconds, as the scores of a feed are. Whole ones: Redis compares them as integers, with fractions a push
 * takes twice as long. Posts of one second are ordered by their ids, which begin with the millisecond.
 */
export function scoreOf(postId: string): number {
  return Math.floor(timeOf(postId) / 1_000);
}

/** A mark as the hash holds it, absent or known to be none. */
function markOf(value: string | null | undefined): number | null {
  return value === null || value === undefined || Number(value) === noMark ? null : Number(value);
}

/** Traits as the lowest member of a cached feed carries them. */
function textOf({ isBlocked, mergedAuthorIds }: FeedTraits): string {
  return `${isBlocked ? 1 : 0} ${mergedAuthorIds.join(',')}`;
}

function traitsOf(text: string): FeedTraits {
  return {
    isBlocked: text.startsWith('1'),
    mergedAuthorIds: text.length > 2 ? text.slice(2).split(',').map(Number) : [],
  };
}

/** Reads posts' marks from Postgres. */
export async function entriesFromPostgres(db: Db, viewerId: number, postIds: string[]): Promise<FeedEntry[]> {
  const { liked, saved } = await marksFromPostgres(db, viewerId, postIds);
  return postIds.map((postId) => ({
    postId,
    liked: liked.get(postId) ?? null,
    saved: saved.get(postId) ?? null,
  }));
}

/** Opens the cached feeds. `kept`: how many posts a feed is built with. */
export function openCachedFeeds(cache: Redis, db: Db, kept: number): CachedFeeds {
  const runId = openRunId(cache);

  return {
    async read(userId, before, count) {
      const feed = keys.feed(userId);
      const run = await runId(feed);
      const reply = await readPage(
        cache,
        [feed, keys.marks(userId)],
        [count, lifetimeS, run, before ? scoreOf(before) : '', before ?? ''],
      );
      // On a cluster the reply may be that of a replica which took over meanwhile.
      if (!reply || (await runId(feed)) !== run) return undefined;
      const [ids, reached, whole, traits, ...found] = reply;
      const entries = (ids === '' ? [] : ids.split(',')).map(
        (postId): FeedEntry => ({ postId, liked: null, saved: null }),
      );
      for (let at = 0; at < found.length; at += 2) {
        const name = found[at] as string;
        const entry = entries.find(({ postId }) => name.endsWith(postId));
        if (entry) entry[name.startsWith('l') ? 'liked' : 'saved'] = markOf(found[at + 1]);
      }
      return {
        entries,
        isWhole: reached === 1 && whole === 1,
        ...traitsOf(traits),
      };
    },

    /** The token goes in before SQL is read: a post committed in between is pushed to the feed being built. */
    async build({ id, userId }) {
      const feed = keys.feed(userId);
      const [token, run, beganMs] = [randomUUID(), await runId(feed), Date.now()];
      if ((await beginBuild(cache, [feed], [token, buildTimeoutS])) === 0) return;
      const ids = await feedFromPostgres(db, id, undefined, kept + 1, { withoutMerged: true });
      const traits = await traitsFromPostgres(db, id);
      const marks = await marksFromPostgres(db, id, ids);
      await endBuild(
        cache,
        [feed, keys.marks(userId)],
        [
          token,
          run,
          textOf(traits),
          beganMs,
          lifetimeS,
          kept,
          ids.length <= kept ? 1 : 0,
          ids.length,
          ...ids.flatMap((postId) => [scoreOf(postId), postId]),
          ...[...marks.liked].flatMap(([postId, act]) => [`l${postId}`, act]),
          ...[...marks.saved].flatMap(([postId, act]) => [`s${postId}`, act]),
        ],
      );
    },

    async entriesOf(owner, postIds) {
      const marks = keys.marks(owner.userId);
      const [build, ...values] = await cache.hmget(
        marks,
        '!',
        ...postIds.flatMap((postId) => [`l${postId}`, `s${postId}`]),
      );
      if (!build) return entriesFromPostgres(db, owner.id, postIds);
      // Whatever is done to a post that is newer than the feed, the feed is told.
      const newerThanMs = Number(build.split(' ')[1]) + clockToleranceMs;
      const isKnown = (postId: string, index: number) =>
        (values[2 * index] && values[2 * index + 1]) || timeOf(postId) > newerThanMs;
      const unknown = postIds.filter((postId, index) => !isKnown(postId, index));
      const looked = new Map(
        (unknown.length > 0 ? await entriesFromPostgres(db, owner.id, unknown) : []).map((entry) => [
          entry.postId,
          entry,
        ]),
      );
      if (looked.size > 0) {
        const pairs = [...looked.values()].flatMap(({ postId, liked, saved }) => [
          `l${postId}`,
          liked ?? noMark,
          `s${postId}`,
          saved ?? noMark,
        ]);
        await addMarks(cache, [marks], [build, ...pairs]);
      }
      return postIds.map(
        (postId, index) =>
          looked.get(postId) ?? {
            postId,
            liked: markOf(values[2 * index]),
            saved: markOf(values[2 * index + 1]),
          },
      );
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
