/** An upload that came to nothing: what was kept of it goes. */
import { isEngineAway } from '../../shared/away.ts';
import { isDatabaseDown } from '../../shared/db/index.ts';
import { type EventName, effects, type FactsOf } from '../../shared/jobs.ts';
import { currentRequestId } from '../../shared/request-context.ts';
import type { Tools } from '../../shared/tools.ts';

type Abandoned = Extract<EventName, `${string}Abandoned`>;

/** What an upload left in the stores, and how it goes. */
export type Leftover<Event extends Abandoned> = {
  event: Event;
  /** The public id that the upload would have had, or that of whose it was. */
  subject: string;
  facts: Omit<FactsOf<Event>, 'mayArriveLate'>;
  remove: () => Promise<unknown>;
};

/** By then most commits that were under way have happened or not; the job waits for Postgres, and for the others. */
const lookAfterMs = 10_000;

/**
 * Removes what an upload left: at once, or by a job if an engine is away, since nobody is to wait for it twice.
 * Whatever goes wrong here is logged, because the request has failed already.
 *
 * @param cause what the upload failed by. Without Postgres nobody knows whether the commit happened, and no event can
 *   be emitted: the job itself is enqueued, and looks whether there is a row before it removes anything.
 */
export async function abandon<Event extends Abandoned>(
  tools: Tools,
  cause: unknown,
  leftover: Leftover<Event>,
): Promise<void> {
  const { event, subject, remove } = leftover;
  try {
    if (isDatabaseDown(cause)) {
      await enqueueRemoval(tools, leftover);
      return;
    }
    if (!isEngineAway(cause)) {
      const isRemoved = await remove().then(
        () => true,
        () => false,
      );
      if (isRemoved) return;
    }
    await emitRemoval(tools, leftover);
  } catch (error) {
    tools.log.warn({ err: error, event, subject }, 'files of an upload that came to nothing may be left');
  }
}

async function emitRemoval<Event extends Abandoned>(
  { db, outbox, wakeRelay }: Tools,
  { event, subject, facts }: Leftover<Event>,
): Promise<void> {
  const all = { ...facts, mayArriveLate: true } as unknown as FactsOf<Event>;
  await db.transaction().execute((tx) => outbox.emit(tx, event, subject, all));
  await wakeRelay();
}

async function enqueueRemoval({ queues }: Tools, { event, facts }: Leftover<Abandoned>): Promise<void> {
  const payload = { ...facts, mayArriveLate: true, requestId: currentRequestId() };
  await queues.addAll(effects[event].map(({ name }) => ({ name, payload, delayMs: lookAfterMs })));
}
