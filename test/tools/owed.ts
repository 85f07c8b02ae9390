/** What a write left to be done: the effects it owes, and the jobs that wait in the queues. */
import type { Tools } from '../../shared/tools.ts';

export type Owed = { event: string; job: string; state: string; payload: Record<string, unknown> };

/** The effects owed on a subject, oldest event first, in the order of their names. */
export async function effectsOn({ db }: Pick<Tools, 'db'>, subject: string): Promise<Owed[]> {
  return db
    .selectFrom('effects')
    .select(['event', 'job', 'state', 'payload'])
    .where('subject', '=', subject)
    .orderBy('event_id')
    .orderBy('job')
    .execute();
}

/** The names of the jobs owed on a subject by an event. */
export async function jobsOwed(tools: Pick<Tools, 'db'>, subject: string, event: string): Promise<string[]> {
  const owed = await effectsOn(tools, subject);
  return owed.filter((effect) => effect.event === event).map((effect) => effect.job);
}

/** The jobs that wait in the queues, by queue, in the order of their names. */
export async function queuedJobs({ queues }: Pick<Tools, 'queues'>) {
  const perQueue = await Promise.all(
    queues.all.map(async (queue) => {
      const jobs = await queue.getJobs(['waiting', 'prioritized', 'delayed']);
      return jobs.map(({ name, data }) => ({
        queue: queue.name,
        name,
        payload: data as Record<string, unknown>,
      }));
    }),
  );
  return perQueue.flat().sort((one, other) => one.name.localeCompare(other.name));
}
