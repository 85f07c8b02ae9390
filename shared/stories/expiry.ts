/**
 * The end of stories: a delayed job for each is the fast path; the row, which says that the story was not closed yet, is
 * what the sweep goes by.
 *
 * Decision 10 says why.
 */
import type { Enqueue } from '../queue.ts';
import type { Tools } from '../tools.ts';

/** A view that was let in a moment before the end is in the store by then and counted. */
const graceMs = 2_000;

/** The one job that ends a story. */
export function expiryJob(storyId: string): Enqueue & { name: 'expire-story'; id: string } {
  return { name: 'expire-story', payload: { storyId }, id: `${storyId}-expire-story` };
}

/** Has a story ended when it is over, `lifetimeS` seconds from now. What is lost here is found by the sweep. */
export async function enqueueExpiry({ queues }: Tools, storyId: string, lifetimeS: number): Promise<void> {
  await queues.addAll([{ ...expiryJob(storyId), delayMs: lifetimeS * 1_000 + graceMs }]);
}
