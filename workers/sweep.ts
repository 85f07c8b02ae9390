/**
 * The sweep: finds what was promised and not done, and enqueues it again. Redis may lose everything at any
 * moment; what is owed stands in Postgres.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Counter } from '../shared/counts/counters.ts';
import type { Db } from '../shared/db/index.ts';
import { isJobName, jobs } from '../shared/jobs.ts';
import { tellUntold } from '../shared/notifications/index.ts';
import { effectJobId } from '../shared/queue.ts';
import type { Tools } from '../shared/tools.ts';
import { enqueueAgain } from './enqueue-again.ts';
import { removeExpiredExports, repeatRemovals } from './sweep-accounts.ts';
import { sweepStories } from './sweep-stories.ts';

/** An effect nobody touched for this long is looked after. Longer than any attempt's backoff in a healthy queue. */
const effectIdleS = 60;
/** Deltas older than this have missed their roll-up. */
const deltaIdleS = 10;
/** Notices that were written this long ago and not told have lost their job. */
const noticeIdleS = 60;
/** Stories that have been over for this long and were not ended have lost their job. */
const storyIdleS = 30;
const batch = 1_000;

const keptDoneDays = 7;
const keptFailedDays = 30;
const keptKeysHours = 24;
const keptNoticesDays = 90;

/** Enqueues undone effects again. Replies how many. `idleS`: for how long nobody touched them. */
export async function sweepEffects({ db, queues, log }: Tools, idleS = effectIdleS): Promise<number> {
  const { rows } = await sql<{ event_id: string; job: string; payload: Record<string, unknown> }>`
    UPDATE effects SET touched_at = now() WHERE (event_id, job) IN (
      SELECT event_id, job FROM effects
      WHERE state IN ('pending', 'running') AND touched_at < now() - make_interval(secs => ${idleS})
      ORDER BY touched_at LIMIT ${batch} FOR UPDATE SKIP LOCKED)
    RETURNING event_id, job, payload`.execute(db);
  let enqueued = 0;
  for (const { event_id: eventId, job, payload } of rows) {
    if (!isJobName(job)) {
      log.warn({ event_id: eventId, job }, 'a job nobody declares waits');
      continue;
    }
    if (await enqueueAgain(queues, { name: job, payload, id: effectJobId(eventId, job) })) enqueued += 1;
  }
  if (enqueued > 0) log.warn({ effects: enqueued }, 'effects that were lost are enqueued again');
  return enqueued;
}

/** Has counts added up whose roll-up was lost. */
export async function sweepCounts({ db, rollUp }: Tools, idleS = deltaIdleS): Promise<number> {
  const { rows } = await sql<{ counter: Counter; target_id: number }>`
    SELECT DISTINCT counter, target_id FROM count_deltas
    WHERE created_at < now() - make_interval(secs => ${idleS}) LIMIT ${batch}`.execute(db);
  for (const row of rows) await rollUp(row.counter, row.target_id);
  return rows.length;
}

/** Gives up effects whose job has not been declared by any version for a day, and forgets records past their time. */
export async function retain(tools: Tools): Promise<void> {
  const { db } = tools;
  await sql`UPDATE effects SET state = 'failed', finished_at = now(), last_error = 'no job of this name is declared'
    WHERE state IN ('pending', 'running') AND created_at < now() - interval '1 day'
      AND job <> ALL(${jobs.map((job) => job.name)})`.execute(db);
  const before = (column: string, age: RawBuilder<unknown>) => sql`${sql.ref(column)} < now() - ${age}`;
  const days = (count: number) => sql`make_interval(days => ${count})`;
  await forget(db, 'effects', sql`state = 'done' AND ${before('finished_at', days(keptDoneDays))}`);
  await forget(db, 'effects', sql`state = 'failed' AND ${before('finished_at', days(keptFailedDays))}`);
  await forget(db, 'idempotency_keys', before('created_at', sql`make_interval(hours => ${keptKeysHours})`));
  await forget(db, 'notifications', before('created_at', days(keptNoticesDays)));
  await forget(db, 'sessions', sql`${before('expires_at', days(1))} OR ${before('ended_at', days(30))}`);
  await forget(db, 'password_resets', before('expires_at', days(0)));
  await forget(db, 'passkeys', before('removed_at', days(1)));
  await repeatRemovals(tools);
  await removeExpiredExports(tools);
}

/** Deletes rows batch by batch: an hour of a busy system is more than one statement should hold on to. */
async function forget(db: Db, table: string, isPast: RawBuilder<unknown>): Promise<void> {
  for (let deleted = batch; deleted === batch; ) {
    const { numAffectedRows } = await sql`DELETE FROM ${sql.table(table)} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM ${sql.table(table)} WHERE ${isPast} LIMIT ${batch}))`.execute(db);
    deleted = Number(numAffectedRows ?? 0);
  }
}

/** All sweeps, each for itself: one that fails says so and keeps no other from its work. */
export async function sweep(tools: Tools): Promise<void> {
  const sweeps = {
    effects: () => sweepEffects(tools),
    counts: () => sweepCounts(tools),
    notices: () => tellUntold(tools, { olderThanS: noticeIdleS }),
    stories: () => sweepStories(tools, storyIdleS),
  };
  for (const [name, run] of Object.entries(sweeps)) {
    await run().catch((error: unknown) => tools.log.error({ err: error, sweep: name }, 'a sweep failed'));
  }
}

/** Puts the sweeps on pg-boss's clock: once a minute, by whichever relay is alive. */
export async function scheduleSweeps(tools: Tools): Promise<void> {
  await tools.outbox.schedule('sweep', '* * * * *', () => sweep(tools));
  await tools.outbox.schedule('retention', '17 * * * *', () => retain(tools));
}
