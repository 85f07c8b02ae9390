/** Taking a job out of its queue, which nobody serves, for a test to run it as it likes. */
import type { JobName } from '../../shared/jobs.ts';
import { effectJobId } from '../../shared/queue.ts';
import { until, type World } from './world.ts';

/** The newest effect of a job on a subject. */
export function effectOn({ tools: { db } }: Pick<World, 'tools'>, subject: string, job: JobName) {
  return db
    .selectFrom('effects')
    .select(['event_id', 'state', 'last_error'])
    .where('subject', '=', subject)
    .where('job', '=', job)
    .orderBy('event_id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
}

/** Waits until the relay has brought the job, and takes it away. Replies the id it is enqueued under. */
export async function holdJob(w: Pick<World, 'tools'>, subject: string, job: JobName): Promise<string> {
  const id = effectJobId((await effectOn(w, subject, job)).event_id, job);
  const { queues } = w.tools;
  await until(`${job} waits`, async () => (await queues.stateOf(job, id)) === 'waiting');
  await queues.remove(job, id);
  return id;
}
