/**
 * The sign of life of a process that has no door to ask at: a file whose time is new for as long as the process turns.
 * Engines that are away are no reason to end it, since it waits for them; so the file says nothing of them.
 */
import { rm, writeFile } from 'node:fs/promises';
import type { Log } from '../shared/log.ts';

/** A twelfth of the minute after which the health checks of compose/ call a process dead. */
const everyMs = 5_000;

/**
 * Writes the file now and every 5 s.
 *
 * @param file undefined: nobody looks
 * @returns a function that ends it and removes the file.
 * @throws if the file cannot be written.
 */
export async function startHeartbeat(file: string | undefined, log: Log): Promise<() => Promise<void>> {
  if (!file) return async () => {};
  const beat = () => writeFile(file, `${new Date().toISOString()}\n`);
  await beat();
  const timer = setInterval(() => {
    beat().catch((error: Error) => log.warn({ error: error.message }, 'the heartbeat could not be written'));
  }, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await rm(file, { force: true });
  };
}
