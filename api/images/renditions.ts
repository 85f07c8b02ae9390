/** Renditions that are not there yet: their job is moved to the front, and whoever asked waits for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { EffectState } from '../../shared/db/schema.ts';
import { keyOf } from '../../shared/ids.ts';
import { effectJobId } from '../../shared/queue.ts';
import type { Tools } from '../../shared/tools.ts';

/** The poll's pauses begin short, since a waiting job takes about a tenth of a second, and double up to the longest. */
const firstPauseMs = 20;
const longestPauseMs = 250;
/** How often the job is looked after: it may not have reached its queue yet, or may be between two attempts. */
const hastenEveryMs = 1_000;
/** A job that failed for good is tried again for a viewer, though not for each one. */
const failedPauseS = 60;

/** One image by the key in its URL; `subject` is the id of the post or story it belongs to. */
export type Picture = { imageKey: string; subject: string; renderedAt: Date | null };

/** Whose renditions they are, and which job makes them. */
export type PictureSource<Found extends Picture> = {
  job: 'make-renditions' | 'make-story-renditions';
  payloadOf(subject: string): Record<string, unknown>;
  /** The image, if what it belongs to exists, whether its files are there or not. */
  find(imageKey: string): Promise<Found | undefined>;
  /** Notes that its files are not there, unless they were made again since they were looked at. */
  unmark(image: Found): Promise<void>;
};

/** How waiting ended: the files are there, the post or story is gone, making them failed, or it took too long. */
export type Awaited = 'there' | 'gone' | 'failed' | 'late';

export type Renditions<Found extends Picture> = {
  find: PictureSource<Found>['find'];
  /** Waits until the image's files are there; all who wait for one image share one poll. */
  whenThere(image: Found, longestMs: number, signal: AbortSignal): Promise<Awaited>;
  /** Notes that files which were there are not, so that the job makes them again. */
  reset(image: Found): Promise<void>;
};

type Poll = { waiters: number; end: Promise<Awaited> };

/** Opens renditions: from the store, or waited for while they are being made. */
export function openRenditions<Found extends Picture>(
  { db, queues, log }: Tools,
  { job, payloadOf, find, unmark }: PictureSource<Found>,
): Renditions<Found> {
  const polls = new Map<string, Poll>();

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
  async function hasten(image: Picture, mayRepeat: boolean): Promise<'failed' | 'repeated' | undefined> {
    const { subject, imageKey } = image;
    const { rows } = await sql<{ event_id: string; state: EffectState; is_recent: boolean }>`
      SELECT event_id, state, touched_at > now() - make_interval(secs => ${failedPauseS}) AS is_recent
      FROM effects WHERE subject = ${subject} AND job = ${job}
      ORDER BY created_at DESC, event_id DESC LIMIT 1`.execute(db);
    const [effect] = rows;
    // Records of effects are kept for days, originals for ever.
    const id = effect ? effectJobId(effect.event_id, job) : `${keyOf(subject)}-${job}`;
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
    if (isNew) await queues.addAll([{ name: job, payload: payloadOf(subject), id }]);
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
    async reset(image) {
      log.warn(
        { subject: image.subject, image_key: image.imageKey },
        'renditions are missing and are made again',
      );
      await unmark(image);
    },
  };
}
