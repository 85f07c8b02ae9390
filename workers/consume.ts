/** One BullMQ worker per queue. Only here is BullMQ's Worker imported. */
import { DelayedError, type Job, Worker } from 'bullmq';
import { effectFailed } from '../shared/effects.ts';
import type { QueueName } from '../shared/jobs.ts';
import { keys } from '../shared/keys.ts';
import { openRedis } from '../shared/redis/index.ts';
import type { Tools } from '../shared/tools.ts';
import { watchEngines } from './engine-watch.ts';
import { effectOf, type Handlers, runJob } from './handler.ts';

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

  const workers = queues.map((queue) => {
    const connection = openRedis(config.QUEUE_REDIS_URL, 'worker', log);
    const worker = new Worker(queue, run, {
      connection,
      prefix: keys.queuePrefix(queue),
      concurrency: concurrencyOf(queue, config.DECODER_PROCESSES),
      metrics,
      ...takeover,
    });
    worker.on('error', (error) => log.debug({ queue, error: error.message }, 'a worker waits for Redis'));
    worker.on('failed', (job, error) => void recordStalled(tools, job, error));
    worker.on('stalled', (id) => log.warn({ queue, job_id: id }, 'a job lost its worker and is taken over'));
    return { worker, connection };
  });
  return {
    async stop() {
      stopping.abort();
      // Without Redis nobody could be told how the running jobs end.
      await Promise.all(workers.map(({ worker, connection }) => worker.close(connection.status !== 'ready')));
      engines.stop();
      for (const { connection } of workers) connection.disconnect();
    },
  };
}

/** A job that BullMQ fails by itself, having lost too many workers, never reached its handler's bookkeeping. */
async function recordStalled({ db, log }: Tools, job: Job | undefined, error: Error): Promise<void> {
  if (!job || !/stalled/.test(error.message)) return;
  log.error({ job: job.name, job_id: job.id }, 'a job lost its worker too often and failed for good');
  const effect = effectOf(job);
  if (effect) await effectFailed(db, effect, error.message, true).catch(() => {});
}
