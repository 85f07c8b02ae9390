/** Commands that start something and stay until they are asked to stop. */
import { onStop } from '../shared/stop.ts';
import { reportError } from './plain-error.ts';

/**
 * Starts, and stops in order when asked to or when the start fails; a start that is under way then ends first.
 *
 * @param abort is aborted before the stop: what is being started notices at its next step, and after that nothing new appears
 */
export async function runUntilStopped(
  start: () => Promise<void>,
  stop: () => Promise<void>,
  abort: AbortController,
): Promise<void> {
  // Whoever read the output may be gone; everything still has to be stopped in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const starting = start();
  const end = async () => {
    abort.abort();
    await Promise.allSettled([starting]);
    await stop();
  };
  onStop(end, { longestMs: 15_000 });
  try {
    await starting;
  } catch (error) {
    if (abort.signal.aborted) return;
    await end();
    reportError(error);
    process.exit();
  }
}
