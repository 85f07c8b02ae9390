/** Enqueueing what was lost. */
import type { JobName } from '../shared/jobs.ts';
import type { Enqueue, Queues } from '../shared/queue.ts';

/** States in which BullMQ still means to run a job. */
const inHand = new Set(['waiting', 'prioritized', 'delayed', 'active', 'waiting-children']);

/** A job that can be told from others. */
export type NamedJob = Enqueue & { name: JobName; id: string };

/** Enqueues a job unless BullMQ still means to run it. @returns whether it did. */
export async function enqueueAgain(queues: Queues, job: NamedJob): Promise<boolean> {
  const state = await queues.stateOf(job.name, job.id);
  if (inHand.has(state)) return false;
  // A finished job that is still kept would swallow the new one.
  if (state !== 'unknown') await queues.remove(job.name, job.id);
  await queues.addAll([job]);
  return true;
}
