/** Work on all followers of an author: at once where they are few, else part by part. */
import { effectSplit, partsDone } from '../shared/effects.ts';
import type { Tools } from '../shared/tools.ts';
import { enqueueAgain, type NamedJob } from './enqueue-again.ts';
import { boundariesOf, type FollowRange, rangesBetween } from './followers.ts';

/** How the parts of one effect are done. */
export type Walk = {
  /** The effect the parts belong to; without an event everything is done at once. */
  effect: { eventId: string | undefined; job: string };
  /** Does one range here and now. */
  run(range: FollowRange): Promise<void>;
  /** The job that does one range. It ends with `effectPartDone`. */
  enqueue(range: FollowRange, part: number, eventId: string): NamedJob;
};

/**
 * Walks the followers of an author. An effect that was split once stays split, however many followers are left.
 *
 * @param authorId internal id
 * @param isNeeded false walks only an effect that was split already: its parts stay owed
 * @returns whether everything is done; if not, jobs have it in hand.
 */
export async function walkFollowers(
  { db, queues }: Pick<Tools, 'db' | 'queues'>,
  authorId: number,
  { effect: { eventId, job }, run, enqueue }: Walk,
  isNeeded = true,
): Promise<boolean> {
  const wanted = isNeeded ? await boundariesOf(db, authorId) : [];
  const boundaries = eventId ? await effectSplit(db, { eventId, job }, wanted) : wanted;
  const ranges = rangesBetween(boundaries);
  if (ranges.length > 1 && eventId) {
    const done = await partsDone(db, { eventId, job });
    const owed = ranges.map((range, part) => ({ range, part })).filter(({ part }) => !done.has(part));
    // A part that failed for good, because an engine was away for long, is taken up again with its effect.
    await Promise.all(owed.map(({ range, part }) => enqueueAgain(queues, enqueue(range, part, eventId))));
    return false;
  }
  for (const range of ranges) await run(range);
  return true;
}
