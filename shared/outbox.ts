/**
 * The outbox: an event is written in the transaction of the fact it tells, so it exists exactly if the fact
 * does. pg-boss keeps the events; the relay (`workers/relay.ts`) moves them to the queues. Only here is
 * pg-boss imported.
 *
 * Decision 1 says why.
 */
import { sql } from 'kysely';
import { fromKysely, PgBoss } from 'pg-boss';
import type { Db, Tx } from './db/index.ts';
import { newId } from './ids.ts';
import { type EventName, effects, type FactsOf, type Job } from './jobs.ts';
import { currentRequestId } from './request-context.ts';

/** pg-boss's queue of events that the relay has not yet moved. */
const eventQueue = 'events';

/** An effect on its way to its queue. */
export type OwedEffect = { eventId: string; job: string; payload: Record<string, unknown> };
/** What is owed stands in the rows of `effects`; the event only says that there are some. */
type EventEnvelope = { eventId: string };

/**
 * Writes an event and the effects it owes. The caller wakes the relay after the commit.
 *
 * @param subject the public id the event is about; receipts are looked up by it.
 * @param facts what the payloads of the event's jobs need; the request id is added here.
 * @returns the event's id.
 */
export type Emit = <Event extends EventName>(
  tx: Tx,
  event: Event,
  subject: string,
  facts: FactsOf<Event>,
) => Promise<string>;

export type Outbox = {
  emit: Emit;
  /**
   * Hands up to `limit` events, oldest first, to `deliver`, and removes them in the same transaction: if
   * delivery throws or the process dies, they are there again at once.
   *
   * @returns how many events were delivered.
   */
  drain(limit: number, deliver: (effects: OwedEffect[]) => Promise<void>): Promise<number>;
  /** How many events wait, and how long the oldest has waited in seconds. */
  backlog(): Promise<{ waiting: number; oldestS: number }>;
  /** Runs `work` by a cron expression (UTC), once among all processes, also after a restart. */
  schedule(name: string, cron: string, work: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Opens the outbox.
 *
 * @param options.install create or migrate pg-boss's schema; migrations do.
 * @param options.maintain run pg-boss's upkeep and schedules; the relay does.
 */
export async function openOutbox(
  db: Db,
  options: { install?: boolean; maintain?: boolean } = {},
): Promise<Outbox> {
  const boss = new PgBoss({
    db: fromKysely(db),
    migrate: options.install ?? false,
    createSchema: options.install ?? false,
    supervise: options.maintain ?? false,
    schedule: options.maintain ?? false,
  });
  // Upkeep that fails (Postgres restarting) is tried again by pg-boss itself.
  boss.on('error', () => {});
  await boss.start();
  if (options.install) await boss.createQueue(eventQueue, { retryLimit: 0, retentionSeconds: 30 * 86_400 });

  return {
    async emit(tx, event, subject, facts) {
      const eventId = newId('event');
      const known = { ...facts, eventId, requestId: currentRequestId() };
      const rows = effects[event].map((job: Job) => ({
        event_id: eventId,
        job: job.name,
        event,
        subject,
        payload: JSON.stringify(job.payload.parse(known)),
      }));
      await tx.insertInto('effects').values(rows).execute();
      const envelope: EventEnvelope = { eventId };
      await boss.send(eventQueue, envelope, { db: fromKysely(tx) });
      return eventId;
    },

    async drain(limit, deliver) {
      return db.transaction().execute(async (tx) => {
        const within = { db: fromKysely(tx) };
        const events = await boss.fetch<EventEnvelope>(eventQueue, { batchSize: limit, ...within });
        if (events.length === 0) return 0;
        const eventIds = events.map(({ data }) => data.eventId);
        const { rows } = await sql<OwedEffect>`
          SELECT event_id AS "eventId", job, payload FROM effects
          WHERE event_id = ANY(${eventIds}) AND state = 'pending'`.execute(tx);
        await deliver(rows);
        await boss.deleteJob(
          eventQueue,
          events.map((event) => event.id),
          within,
        );
        return events.length;
      });
    },

    async backlog() {
      const { rows } = await sql<{ waiting: number; oldest: number | null }>`
        SELECT count(*) AS waiting, EXTRACT(EPOCH FROM now() - min(created_on))::float8 AS oldest
        FROM pgboss.job WHERE name = ${eventQueue} AND state < 'completed'`.execute(db);
      return { waiting: rows[0]?.waiting ?? 0, oldestS: rows[0]?.oldest ?? 0 };
    },

    async schedule(name, cron, work) {
      await boss.createQueue(name, { policy: 'short', retryLimit: 0 });
      await boss.schedule(name, cron);
      await boss.work(name, { pollingIntervalSeconds: 5 }, work);
    },

    async stop() {
      await boss.stop({ graceful: true, timeout: 5_000 });
    },
  };
}
