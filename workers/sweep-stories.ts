/** The sweep of stories: what is over and was not closed is ended again, whatever became of its job. */
import { sql } from 'kysely';
import { expiryJob } from '../shared/stories/expiry.ts';
import type { Tools } from '../shared/tools.ts';
import { enqueueAgain } from './enqueue-again.ts';

/** Stories one sweep looks after. */
const batch = 1_000;

/**
 * Has stories ended whose job was lost or failed.
 *
 * @param idleS for how long they have been over at the least
 * @returns how many.
 */
export async function sweepStories({ db, queues, log }: Tools, idleS: number): Promise<number> {
  const { rows } = await sql<{ story_id: string }>`
    SELECT story_id FROM stories WHERE closed_at IS NULL
      AND expires_at < now() - make_interval(secs => ${idleS})
    ORDER BY expires_at LIMIT ${batch}`.execute(db);
  let enqueued = 0;
  for (const { story_id } of rows) {
    if (await enqueueAgain(queues, expiryJob(story_id))) enqueued += 1;
  }
  if (enqueued > 0) log.warn({ stories: enqueued }, 'stories whose end was missed are ended');
  return enqueued;
}
