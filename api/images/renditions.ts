/** Renditions that are not there yet: their job is moved to the front, and whoever asked waits for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { EffectState } from '../../shared/db/schema.ts';
import { keyOf } from '../../shared/ids.ts';
import { effectJobId } from '../../shared/queue.ts';
import type { Tools } from '../../shared/tools.ts';

const job = 'make-renditions';

/** The poll's pauses begin short, since a waiting job takes about a tenth of a second, and double up to the longest. */
const firstPauseMs = 20;
const longestPauseMs = 250;
/** How often the job is looked after: it may not have reached its queue yet, or may be between two attempts. */
const hastenEveryMs = 1_000;
/** A job that failed for good is tried again for a viewer, though not for each one. */
const failedPauseS = 60;

export type PostImage = { imageKey: string; postId: string; renderedAt: Date | null };

/** How waiting ended: the files are there, the post is gone, making them failed, or it took too long. */
export type Awaited = 'there' | 'gone' | 'failed' | 'late';

export type Renditions = {
  /** The image of a post that exists, whether its files are there or not. */
  find(imageKey: string): Promise<PostImage | undefined>;
  /** Waits until the image's files are there; all who wait for one image share one poll. */
  whenThere(image: PostImage, longestMs: number, signal: AbortSignal): Promise<Awaited>;
  /** Notes that files which were there are not, so that the job makes them again. */
  reset(image: PostImage): Promise<void>;
};

type Poll = { waiters: number; end: Promise<Awaited> };

/** Opens the renditions of posts: from the store, or waited for while they are being made. */
export function openRenditions(tools: Tools): Renditions {
  const { db, queues, log } = tools;
  const polls = new Map<string, Poll>();

  async function find(imageKey: string): Promise<PostImage | undefined> {
    const { rows } = await sql<PostImage>`
      SELECT i.image_key AS "imageKey", p.post_id AS "postId", i.rendered_at AS "renderedAt"
      FROM post_images i JOIN posts p ON p.id = i.post_id WHERE i.image_key = ${imageKey}`.execute(db);
    return rows[0];
  }

  async function poll(imageKey: string, isWanted: () => boolean): Promise<Awaited> {
    let pauseMs = firstPauseMs;
    let hastenedAt = Number.NEGATIVE_INFINITY;
    let mayRepeat = true;
    while (isWanted()) {
      const image = await find(imageKey);
      if (!image) return 'gone';
      if (image.renderedAt) return 'there';
      if (performance.now() - hastenedAt > hastenEveryMs) {
        hastenedAt = performance.now();
        const outcome = await hasten(image, mayRepeat);
        if (outcome === 'failed') return 'failed';
        if (outcome === 'repeated') mayRepeat = false;
      }
      await sleep(pauseMs);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
    return 'late';
  }

  /** Moves the image's job to the front of its queue, or puts it there if it is in none. */
  async function hasten(image: PostImage, mayRepeat: boolean): Promise<'failed' | 'repeated' | undefined> {
    const { postId, imageKey } = image;
    const { rows } = await sql<{ event_id: string; state: EffectState; is_recent: boolean }>`
      SELECT event_id, state, touched_at > now() - make_interval(secs => ${failedPauseS}) AS is_recent
      FROM effects WHERE subject = ${postId} AND job = ${job}
      ORDER BY created_at DESC, event_id DESC LIMIT 1`.execute(db);
    const [effect] = rows;
    // Records of effects are kept for days, originals for ever.
    const id = effect ? effectJobId(effect.event_id, job) : `${keyOf(postId)}-${job}`;
    const state = await queues.stateOf(job, id);
    if (state === 'completed' || state === 'failed') {
      // It may have ended since the row was read.
      const now = await find(imageKey);
      if (!now || now.renderedAt) return undefined;
      const failedNow = effect?.state === 'failed' && effect.is_recent;
      if (!mayRepeat || failedNow) return 'failed';
      await queues.remove(job, id);
    }
    const isNew = ['completed', 'failed', 'unknown'].includes(state);
    if (isNew) await queues.addAll([{ name: job, payload: { postId }, id }]);
    await queues.hasten(job, id);
    return isNew && state !== 'unknown' ? 'repeated' : undefined;
  }

  function join(imageKey: string): Poll {
    const known = polls.get(imageKey);
    if (known) {
      known.waiters += 1;
      return known;
    }
    const begun: Poll = { waiters: 1, end: Promise.resolve('late') };
    polls.set(imageKey, begun);
    begun.end = poll(imageKey, () => begun.waiters > 0).finally(() => {
      if (polls.get(imageKey) === begun) polls.delete(imageKey);
    });
    // Everybody may have left before it fails.
    begun.end.catch(() => {});
    return begun;
  }

  return {
    find,
    async whenThere({ imageKey }, longestMs, signal) {
      const joined = join(imageKey);
      const ended = new AbortController();
      const timeout = sleep(longestMs, 'late' as const, { signal: AbortSignal.any([signal, ended.signal]) });
      try {
        return await Promise.race([joined.end, timeout.catch((): Awaited => 'late')]);
      } finally {
        joined.waiters -= 1;
        // Whoever comes after the last one left begins a poll of their own.
        if (joined.waiters === 0) polls.delete(imageKey);
        ended.abort();
      }
    },
    async reset({ imageKey, postId, renderedAt }) {
      log.warn({ post_id: postId, image_key: imageKey }, 'renditions are missing and are made again');
      // Unless they were made again since: Postgres keeps microseconds, a Date milliseconds.
      await sql`UPDATE post_images SET rendered_at = NULL
        WHERE image_key = ${imageKey} AND date_trunc('milliseconds', rendered_at) = ${renderedAt}`.execute(
        db,
      );
    },
  };
}
