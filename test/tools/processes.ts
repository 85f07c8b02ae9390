/** Processes of Emulsion's, real ones, for tests that kill them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../shared/config.ts';

const main = fileURLToPath(new URL('../../workers/main.ts', import.meta.url));

/** Starts a worker process on the engines of a world. */
export function spawnWorker(config: Config, serves: readonly string[]): ChildProcess {
  const { RATE_LIMITS: _, ...rest } = config;
  const env = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value ?? '')]));
  return spawn(process.execPath, [main, ...serves], {
    env: { ...process.env, ...env, RATE_LIMITS: 'off' },
    // The channel ends the worker with the test's process, however that ends.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
