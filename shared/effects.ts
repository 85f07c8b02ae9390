/** The record of effects: what each event owes and what became of it. */
import { sql } from 'kysely';
import type { Db, Tx } from './db/index.ts';
import type { EffectState } from './db/schema.ts';

/** Where an effect is written: its event and its job. */
export type EffectKey = { eventId: string; job: string };

/** Notes that an attempt has begun. */
export async function effectStarted(db: Db, { eventId, job }: EffectKey): Promise<void> {
  await sql`UPDATE effects SET state = 'running', attempts = attempts + 1, touched_at = now(),
      started_at = COALESCE(started_at, now()), finished_at = NULL
    WHERE event_id = ${eventId} AND job = ${job} AND state <> 'done'`.execute(db);
}

/** Closes an effect, unless it was split into parts that are not all done. */
export async function effectDone(db: Db | Tx, { eventId, job }: EffectKey): Promise<void> {
  await sql`UPDATE effects SET state = 'done', touched_at = now(), finished_at = now(), last_error = NULL
    WHERE event_id = ${eventId} AND job = ${job} AND state <> 'done'
      AND (boundaries IS NULL OR cardinality(boundaries) <= (SELECT count(*) FROM effect_parts p
        WHERE p.event_id = ${eventId} AND p.job = ${job}))`.execute(db);
}

/** Notes a failed attempt: `failed` after the last one, else `pending` until the next. */
export async function effectFailed(
  db: Db,
  { eventId, job }: EffectKey,
  reason: string,
  isLast: boolean,
): Promise<void> {
  await sql`UPDATE effects SET state = ${isLast ? 'failed' : 'pending'}, touched_at = now(),
      last_error = ${reason.slice(0, 1_000)}, finished_at = ${isLast ? sql`now()` : null}
    WHERE event_id = ${eventId} AND job = ${job} AND state <> 'done'`.execute(db);
}

/**
 * Says where an effect is split, unless it is into less than two parts. The first split stands: a repeated attempt
 * cuts where the first one did, so that a part which is done covers the same range for ever.
 *
 * @returns the boundaries that stand, or `boundaries` if none do.
 */
export async function effectSplit(
  db: Db,
  { eventId, job }: EffectKey,
  boundaries: number[],
): Promise<number[]> {
  const split = boundaries.length > 1 ? boundaries : null;
  const { rows } = await sql<{ boundaries: number[] | null }>`
    UPDATE effects SET boundaries = COALESCE(boundaries, ${split}), touched_at = now()
    WHERE event_id = ${eventId} AND job = ${job}
    RETURNING to_json(boundaries) AS boundaries`.execute(db);
  return rows[0]?.boundaries ?? boundaries;
}

/**
 * Notes that one part is done, once however often it is said, and closes the effect with the last. In a transaction
 * parts wait for each other, so that one of them is the last.
 */
export async function effectPartDone(db: Db | Tx, key: EffectKey, part: number): Promise<void> {
  await sql`WITH touched AS (UPDATE effects SET touched_at = now()
      WHERE event_id = ${key.eventId} AND job = ${key.job} RETURNING event_id, job)
    INSERT INTO effect_parts (event_id, job, part) SELECT event_id, job, ${part}::int FROM touched
    ON CONFLICT DO NOTHING`.execute(db);
  await effectDone(db, key);
}

/** The numbers of the parts of a split effect that are done. */
export async function partsDone(db: Db, { eventId, job }: EffectKey): Promise<Set<number>> {
  const rows = await db
    .selectFrom('effect_parts')
    .select('part')
    .where('event_id', '=', eventId)
    .where('job', '=', job)
    .execute();
  return new Set(rows.map(({ part }) => part));
}

/** One line of a receipt. `progress` is the share of parts done, 0 to 1, of an effect that was split. */
export type Receipt = {
  name: string;
  state: EffectState;
  attempts: number;
  progress: number | null;
  last_error: string | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
};

/** What became of the newest run of each effect on a subject, in the order the events owe them. */
export async function receiptsOf(db: Db, subject: string): Promise<Receipt[]> {
  const { rows } = await sql<Receipt>`
    SELECT * FROM (
      SELECT DISTINCT ON (e.job) e.job AS name, e.state, e.attempts, e.last_error, e.created_at, e.started_at,
        e.finished_at,
        (SELECT count(*) FROM effect_parts p WHERE p.event_id = e.event_id AND p.job = e.job)::float8
          / NULLIF(cardinality(e.boundaries), 0) AS progress
      FROM effects e WHERE e.subject = ${subject}
      ORDER BY e.job, e.created_at DESC, e.event_id DESC
    ) newest ORDER BY created_at, name`.execute(db);
  return rows;
}
