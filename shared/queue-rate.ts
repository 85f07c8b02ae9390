/** How fast a queue gets through its jobs, from what BullMQ counts per minute in Redis for all processes together. */

/** What BullMQ keeps of one kind of end: how many minutes' counts before the minute of `prevTS`, newest first. */
export type Ended = { meta: { count: number; prevTS: number; prevCount: number }; data: number[] };

/** How many minutes are looked at, the one that has begun included: long enough to be calm, short enough to be news. */
export const rateMinutes = 5;

const minuteMs = 60_000;
/** Of a minute that has just begun nothing can be said. */
const shortestMs = 10_000;

/**
 * Jobs that ended, per second, in the last minutes.
 *
 * @param nowMs Unix milliseconds
 */
export function ratePerSecond(ended: readonly Ended[], nowMs: number): number {
  const minute = Math.floor(nowMs / minuteMs);
  const counted = ended.filter(({ meta }) => meta.prevTS > 0);
  if (counted.length === 0) return 0;
  // A queue that is younger has not been idle before.
  const youngest = Math.min(...counted.map((one) => minuteOf(one) - one.data.length));
  const first = Math.max(minute - rateMinutes + 1, youngest);
  const jobs = counted.reduce((sum, one) => sum + countSince(one, first), 0);
  return jobs / (Math.max(nowMs - first * minuteMs, shortestMs) / 1_000);
}

function minuteOf({ meta }: Ended): number {
  return Math.floor(meta.prevTS / minuteMs);
}

function countSince(ended: Ended, firstMinute: number): number {
  const { meta, data } = ended;
  const last = minuteOf(ended);
  const inLast = last >= firstMinute ? meta.count - meta.prevCount : 0;
  return data.slice(0, Math.max(0, last - firstMinute)).reduce((sum, count) => sum + count, inLast);
}

/**
 * In how many seconds a queue is empty if it goes on like that; infinite if nothing ends.
 *
 * @param jobs how many wait or are worked at
 */
export function drainSeconds(jobs: number, perSecond: number): number {
  if (jobs === 0) return 0;
  return perSecond > 0 ? jobs / perSecond : Number.POSITIVE_INFINITY;
}
