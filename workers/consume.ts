/** One BullMQ worker per queue. Only here is BullMQ's Worker imported. */
import { setTimeout } from 'node:timers/promises';
import { DelayedError, type Job, Worker } from 'bullmq';
import { effectFailed } from '../shared/effects.ts';
import type { QueueName } from '../shared/jobs.ts';
import { keys } from '../shared/keys.ts';
import { openRedis, type Redis } from '../shared/redis/index.ts';
import type { Tools } from '../shared/tools.ts';
import { watchEngines } from './engine-watch.ts';
import { effectOf, type Handlers, runJob } from './handler.ts';
import { type Pulse, watchForStandstill } from './standstill.ts';

/**
 * A job whose process was killed is taken over after 2 to 4 s: its lock lapses, and a look-out that runs every
 * second finds it. A job may lose its worker three times before it counts as failed.
 */
const takeover = { lockDuration: 4_000, stalledInterval: 1_000, maxStalledCount: 3 };

/** Redis keeps for an hour how many jobs ended in each minute: the rate of /metrics, and a curve in Bull Board. */
const metrics = { maxDataPoints: 60 };

/**
 * How many jobs of a queue one process works at. Media jobs wait for child processes, the rest for engines; those of
 * `accounts` keep an engine busy for minutes.
 */
function concurrencyOf(queue: QueueName, decoders: number): number {
  if (queue === 'media') return decoders;
  return queue === 'accounts' ? 2 : 16;
}

/** How long a worker without a job is given to close. */
const endPatienceMs = 2_000;

type Serving = { worker: Worker; connection: Redis; pulse: Pulse };

export type Consumer = { stop(): Promise<void> };

/** Starts to serve queues; `stop` lets running jobs end, and has those that take long break off. */
export function consume(tools: Tools, handlers: Handlers, queues: readonly QueueName[]): Consumer {
  const { config, log } = tools;
  const stopping = new AbortController();
  const engines = watchEngines(tools);

  async function run(job: Job, token: string | undefined): Promise<void> {
    try {
      await runJob(tools, handlers, job, stopping.signal);
    } catch (error) {
      if (await engines.putBack(job, token, error)) throw new DelayedError();
      throw error;
    }
  }

  function serve(queue: QueueName): Serving {
    const connection = openRedis(config.QUEUE_REDIS_URL, 'worker', log);
    const pulse: Pulse = { running: 0, begun: 0 };
    const counted = async (job: Job, token: string | undefined) => {
      pulse.running += 1;
      pulse.begun += 1;
      try {
        await run(job, token);
      } finally {
        pulse.running -= 1;
      }
    };
    const worker = new Worker(queue, counted, {
      connection,
      prefix: keys.queuePrefix(queue),
      concurrency: concurrencyOf(queue, config.DECODER_PROCESSES),
      metrics,
      ...takeover,
    });
    worker.on('error', (error) => log.debug({ queue, error: error.message }, 'a worker waits for Redis'));
    worker.on('failed', (job, error) => void recordStalled(tools, job, error));
    worker.on('stalled', (id) => log.warn({ queue, job_id: id }, 'a job lost its worker and is taken over'));
    return { worker, connection, pulse };
  }

  const serving = new Map(queues.map((queue) => [queue, serve(queue)]));
  const of = (queue: QueueName) => serving.get(queue) as Serving;
  const endLooks = watchForStandstill(
    tools,
    queues,
    (queue) => of(queue).pulse,
    (queue) => {
      const { worker, connection } = of(queue);
      serving.set(queue, serve(queue));
      void worker.close(true).catch(() => {});
      connection.disconnect();
    },
  );
  return {
    async stop() {
      endLooks();
      stopping.abort();
      await Promise.all([...serving.values()].map(end));
      engines.stop();
      for (const { connection } of serving.values()) connection.disconnect();
    },
  };
}

/** Lets a worker's jobs end. One that stands still never says that it has closed, but has no job either. */
async function end({ worker, connection, pulse }: Serving): Promise<void> {
  // Without Redis nobody could be told how the running jobs end.
  const closed = worker.close(connection.status !== 'ready').then(() => true);
  const isOver = () => Promise.race([closed, setTimeout(endPatienceMs).then(() => pulse.running === 0)]);
  while (!(await isOver()));
}

/** A job that BullMQ fails by itself, having lost too many workers, never reached its handler's bookkeeping. */
async function recordStalled({ db, log }: Tools, job: Job | undefined, error: Error): Promise<void> {
  if (!job || !/stalled/.test(error.message)) return;
  log.error({ job: job.name, job_id: job.id }, 'a job lost its worker too often and failed for good');
  const effect = effectOf(job);
  if (effect) await effectFailed(db, effect, error.message, true).catch(() => {});
}
