/** An upload that came to nothing: what was kept of it goes. */
import { isEngineAway } from '../../shared/away.ts';
import { isDatabaseDown } from '../../shared/db/index.ts';
import type { EventName, FactsOf } from '../../shared/jobs.ts';
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

/**
 * Removes what an upload left: at once, or by a job if an engine is away, since nobody is to wait for it twice.
 * Whatever goes wrong here is logged, because the request has failed already.
 *
 * @param cause what the upload failed by. Without Postgres nobody knows whether the commit happened, so nothing is removed.
 */
export async function abandon<Event extends Abandoned>(
  { db, outbox, wakeRelay, log }: Tools,
  cause: unknown,
  { event, subject, facts, remove }: Leftover<Event>,
): Promise<void> {
  if (isDatabaseDown(cause)) return;
  try {
    if (!isEngineAway(cause)) {
      const isRemoved = await remove().then(
        () => true,
        () => false,
      );
      if (isRemoved) return;
    }
    const all = { ...facts, mayArriveLate: true } as unknown as FactsOf<Event>;
    await db.transaction().execute((tx) => outbox.emit(tx, event, subject, all));
    await wakeRelay();
  } catch (error) {
    log.warn({ err: error, event, subject }, 'files of an upload that came to nothing may be left');
  }
}
