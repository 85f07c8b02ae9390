/** Removing what may still arrive: files of an upload that was given up. */
import type { JobName, JobNamed, PayloadOf } from '../shared/jobs.ts';
import type { Tools } from '../shared/tools.ts';

/** A store that had a request in hand when it froze carries it out within moments of its return. */
const againAfterMs = 10_000;

/**
 * Has a removal done once more if a store was away when it was told to keep the files: it may do so after the removal.
 *
 * @param id of the second job; told twice, it is done once
 */
export async function lookAgain<Name extends JobName>(
  { queues }: Pick<Tools, 'queues'>,
  name: Name,
  id: string,
  payload: PayloadOf<JobNamed<Name>> & { mayArriveLate?: boolean | undefined },
): Promise<void> {
  if (!payload.mayArriveLate) return;
  await queues.addAll([
    { name, payload: { ...payload, mayArriveLate: false }, id: `${name}-again-${id}`, delayMs: againAfterMs },
  ]);
}
