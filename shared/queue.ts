/** The queues as producers see them. Only here is BullMQ's Queue imported. */
import { type JobsOptions, Queue } from 'bullmq';
import {
  type AnyJob,
  type JobName,
  type JobNamed,
  jobs,
  type PayloadOf,
  type QueueName,
  queueNames,
} from './jobs.ts';
import { keys } from './keys.ts';
import { rateMinutes, ratePerSecond } from './queue-rate.ts';
import type { Redis } from './redis/index.ts';
import { currentRequestId } from './request-context.ts';

/** How many finished jobs a queue keeps for Bull Board, and for how long. */
const keepDone = { age: 3_600, count: 1_000 };
const keepFailed = { age: 7 * 86_400, count: 10_000 };
/** Backoff between attempts: 1 s, 2 s, 4 s … with a random half, so that failures do not return as a herd. */
const backoff = { type: 'exponential', delay: 1_000, jitter: 0.5 } as const;

/** BullMQ's lower number runs first; 0 is before all. Most jobs have none. */
const urgentPriority = 0;
const ordinaryPriority = 10;

const byName = new Map<string, AnyJob>(jobs.map((job) => [job.name, job]));

/** One job to enqueue. `id` makes a second add of the same job a no-op. */
export type Enqueue = { name: string; payload: Record<string, unknown>; id?: string; delayMs?: number };

export type QueueCounts = { waiting: number; active: number; delayed: number; failed: number };

export type Queues = {
  /** Enqueues many jobs, one round trip a queue. */
  addAll(items: Enqueue[]): Promise<void>;
  /** Enqueues a job of which at most one waits and one runs per `key`. */
  coalesce<Name extends JobName>(
    name: Name,
    key: string,
    payload: Omit<PayloadOf<JobNamed<Name>>, 'requestId'>,
    delayMs: number,
  ): Promise<void>;
  /** Moves a waiting job to the front; does nothing if it no longer waits. */
  hasten(name: JobName, id: string): Promise<void>;
  /** Has delayed jobs of one name begin now; those that are not delayed, or gone, stay as they are. */
  promote(name: JobName, ids: readonly string[]): Promise<void>;
  /** Where a job is, in BullMQ's words; `unknown` if Redis does not know it. */
  stateOf(name: JobName, id: string): Promise<string>;
  /** Forgets a job that is not running, so that it can be added anew. */
  remove(name: JobName, id: string): Promise<void>;
  counts(queue: QueueName): Promise<QueueCounts>;
  /** True of a queue whose jobs somebody holds back, as Bull Board can. */
  isPaused(queue: QueueName): Promise<boolean>;
  /** How long the oldest waiting job has waited, in seconds; 0 if none waits. */
  oldestS(queue: QueueName): Promise<number>;
  /** How many jobs ended a second in the last minutes, whether done or failed for good. */
  ratePerSecond(queue: QueueName): Promise<number>;
  /** BullMQ's own objects, for Bull Board. */
  readonly all: readonly Queue[];
  close(): Promise<void>;
};

/** The id under which an effect's job is enqueued. BullMQ forbids `:` in ids. */
export function effectJobId(eventId: string, job: string): string {
  return `${eventId}-${job}`;
}

function optionsOf(job: AnyJob, item: { id?: string; delayMs?: number }): JobsOptions {
  return {
    attempts: job.attempts,
    backoff,
    removeOnComplete: keepDone,
    removeOnFail: keepFailed,
    // Only the media queue is ever overtaken; a priority costs the others speed.
    ...(job.queue === 'media' ? { priority: ordinaryPriority } : {}),
    ...(item.id ? { jobId: item.id } : {}),
    ...(item.delayMs ? { delay: item.delayMs } : {}),
  };
}

/** BullMQ's codes for a job that is gone, or is not delayed: `ErrorCode` of its enums. */
const notDelayed = new Set<unknown>([-1, -3]);

/** Opens all queues on one connection. */
export function openQueues(redis: Redis): Queues {
  const queues = new Map(
    queueNames.map((name) => [
      name,
      new Queue(name, { connection: redis, prefix: keys.queuePrefix(name), skipWaitingForReady: true }),
    ]),
  );
  // A lost connection is logged where it was opened; each add fails by itself.
  for (const queue of queues.values()) queue.on('error', () => {});
  const of = (name: string) => {
    const job = byName.get(name);
    if (!job) throw new Error(`there is no job named ${name}`);
    return { job, queue: queues.get(job.queue) as Queue };
  };
  const named = (name: QueueName) => queues.get(name) as Queue;

  return {
    async addAll(items) {
      const perQueue = Map.groupBy(items, (item) => of(item.name).queue);
      await Promise.all(
        [...perQueue].map(([queue, group]) =>
          queue.addBulk(
            group.map((item) => ({
              name: item.name,
              data: item.payload,
              opts: optionsOf(of(item.name).job, item),
            })),
          ),
        ),
      );
    },
    async coalesce(name, key, payload, delayMs) {
      const { job, queue } = of(name);
      await queue.add(
        name,
        { ...payload, requestId: currentRequestId() },
        { ...optionsOf(job, { delayMs }), deduplication: { id: `${name}-${key}`, keepLastIfActive: true } },
      );
    },
    async hasten(name, id) {
      const job = await of(name).queue.getJob(id);
      if (!job) return;
      const state = await job.getState();
      if (state === 'prioritized') await job.changePriority({ priority: urgentPriority });
      if (state === 'delayed') await job.promote();
    },
    async promote(name, ids) {
      const { queue } = of(name);
      await Promise.all(
        ids.map(async (id) => {
          const job = await queue.getJob(id);
          // Somebody else may have promoted it, or its time came.
          await job?.promote().catch((error: Error & { code?: number }) => {
            if (!notDelayed.has(error.code)) throw error;
          });
        }),
      );
    },
    async stateOf(name, id) {
      return of(name).queue.getJobState(id);
    },
    async remove(name, id) {
      await of(name).queue.remove(id);
    },
    async counts(queue) {
      const {
        waiting = 0,
        prioritized = 0,
        active = 0,
        delayed = 0,
        failed = 0,
      } = await named(queue).getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed');
      return { waiting: waiting + prioritized, active, delayed, failed };
    },
    async isPaused(queue) {
      return named(queue).isPaused();
    },
    async oldestS(queue) {
      const [waiting, prioritized] = await Promise.all([
        named(queue).getJobs(['waiting'], 0, 0, true),
        named(queue).getJobs(['prioritized'], 0, 0, true),
      ]);
      const times = [...waiting, ...prioritized].flatMap((job) => (job ? [job.timestamp] : []));
      return times.length > 0 ? Math.max(0, Date.now() - Math.min(...times)) / 1_000 : 0;
    },
    async ratePerSecond(queue) {
      const ended = await Promise.all(
        (['completed', 'failed'] as const).map((end) => named(queue).getMetrics(end, 0, rateMinutes - 1)),
      );
      return ratePerSecond(ended, Date.now());
    },
    all: [...queues.values()],
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
