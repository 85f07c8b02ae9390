/** What is read when Prometheus asks: queues, outbox, effects, sockets, the decoder. */
import { sql } from 'kysely';
import { Gauge, Registry } from 'prom-client';
import { queueNames } from '../../shared/jobs.ts';
import { drainSeconds } from '../../shared/queue-rate.ts';
import type { Tools } from '../../shared/tools.ts';
import { liveSockets } from '../live.ts';

export type Gauges = {
  registry: Registry;
  /** Reads everything anew; a part that is away is missing from the numbers and named in `emulsion_scrape_failed`. */
  refresh(): Promise<void>;
};

/** Opens gauges of their own registry, so that two servers in one process do not mix. */
export function openGauges(tools: Tools): Gauges {
  const registry = new Registry();
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name: `emulsion_${name}`, help, labelNames, registers: [registry] });

  const queueJobs = gauge('queue_jobs', 'Jobs in each queue, by state.', ['queue', 'state']);
  const queueOldest = gauge('queue_oldest_seconds', 'How long the oldest waiting job has waited.', ['queue']);
  const queueRate = gauge('queue_jobs_per_second', 'Jobs that ended a second in the last five minutes.', [
    'queue',
  ]);
  const queueDrain = gauge('queue_drain_seconds', 'When each queue is empty at that rate; +Inf: never.', [
    'queue',
  ]);
  const outboxEvents = gauge('outbox_events', 'Events that wait for the relay.');
  const outboxOldest = gauge('outbox_oldest_seconds', 'How long the oldest of them has waited.');
  const effects = gauge('effects', 'Effects that are owed (undone), or that failed for good.', ['state']);
  const sockets = gauge('live_sockets', 'Sockets of the live channel in this process.');
  const decoding = gauge('decoder_calls', 'Images this process is having decoded, by state.', ['state']);
  const decoderLost = gauge('decoder_lost_calls', 'Images whose decoding was lost since the start.', [
    'reason',
  ]);
  const failed = gauge('scrape_failed', '1 for a part whose numbers could not be read.', ['part']);

  const parts: Record<string, { gauges: Gauge<string>[]; read(): Promise<void> }> = {
    queues: {
      gauges: [queueJobs, queueOldest, queueRate, queueDrain],
      async read() {
        await Promise.all(
          queueNames.map(async (queue) => {
            const [counts, oldestS, perSecond] = await Promise.all([
              tools.queues.counts(queue),
              tools.queues.oldestS(queue),
              tools.queues.ratePerSecond(queue),
            ]);
            for (const [state, count] of Object.entries(counts)) queueJobs.set({ queue, state }, count);
            queueOldest.set({ queue }, oldestS);
            queueRate.set({ queue }, perSecond);
            queueDrain.set({ queue }, drainSeconds(counts.waiting + counts.active, perSecond));
          }),
        );
      },
    },
    outbox: {
      gauges: [outboxEvents, outboxOldest],
      async read() {
        const { waiting, oldestS } = await tools.outbox.backlog();
        outboxEvents.set(waiting);
        outboxOldest.set(oldestS);
      },
    },
    effects: {
      gauges: [effects],
      async read() {
        const { rows } = await sql<{ undone: number; failed: number }>`SELECT
          (SELECT count(*) FROM effects WHERE state IN ('pending', 'running')) AS undone,
          (SELECT count(*) FROM effects WHERE state = 'failed') AS failed`.execute(tools.db);
        effects.set({ state: 'undone' }, rows[0]?.undone ?? 0);
        effects.set({ state: 'failed' }, rows[0]?.failed ?? 0);
      },
    },
    process: {
      gauges: [sockets, decoding, decoderLost],
      async read() {
        sockets.set(liveSockets());
        const { running, waiting, crashed, timedOut } = tools.decoder.stats();
        decoding.set({ state: 'running' }, running);
        decoding.set({ state: 'waiting' }, waiting);
        decoderLost.set({ reason: 'crashed' }, crashed);
        decoderLost.set({ reason: 'timeout' }, timedOut);
      },
    },
  };

  return {
    registry,
    async refresh() {
      await Promise.all(
        Object.entries(parts).map(async ([part, { gauges, read }]) => {
          try {
            await read();
            failed.set({ part }, 0);
          } catch (error) {
            tools.log.warn({ err: error, part }, 'metrics could not be read');
            // Old numbers would look like news.
            for (const stale of gauges) stale.reset();
            failed.set({ part }, 1);
          }
        }),
      );
    },
  };
}
