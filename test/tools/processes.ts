/** Processes of Emulsion's, real ones, for tests that kill them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../shared/config.ts';

const main = fileURLToPath(new URL('../../workers/main.ts', import.meta.url));

/** The environment of a process that runs on the engines of a world. */
export function environmentOf(config: Config): NodeJS.ProcessEnv {
  const { RATE_LIMITS: _, ...rest } = config;
  const env = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value ?? '')]));
  return { ...process.env, ...env, RATE_LIMITS: 'off' };
}

/** Starts a worker process on the engines of a world. */
export function spawnWorker(config: Config, serves: readonly string[]): ChildProcess {
  return spawn(process.execPath, [main, ...serves], {
    env: environmentOf(config),
    // The channel ends the worker with the test's process, however that ends.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
