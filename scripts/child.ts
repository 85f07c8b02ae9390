/** Our own programs as children of a script; they end when the script ends, however it ends. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { lastLines } from './embedded/engine.ts';
import { freePort } from './embedded/port.ts';
import { PlainError } from './plain-error.ts';

export type RunningChild = {
  name: string;
  pid: number;
  /** True until it ends. */
  isAlive(): boolean;
  /** Asks it to stop, kills it if it does not within 13 s, and resolves when it is gone. */
  stop(): Promise<void>;
};

export type RunningApi = RunningChild & { base: string };

/** A program has 12 s to finish (shared/stop.ts). */
const patienceMs = 13_000;
const readyTimeoutMs = 30_000;

/**
 * Starts a program under this Node.
 *
 * @param args such as `['workers/main.ts', 'media']`
 * @param env all of its environment
 * @param logFile gets its output
 */
export function runChild(args: string[], env: NodeJS.ProcessEnv, logFile: string): RunningChild {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  return {
    name: args.join(' '),
    pid: child.pid as number,
    isAlive,
    async stop() {
      if (isAlive()) child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      await exited;
      clearTimeout(kill);
    },
  };
}

/**
 * Starts an API process on a free port and waits until it serves.
 *
 * @param args Node's options, then the program
 * @throws {PlainError} with the end of its log, if it does not serve.
 */
export async function runApi(
  env: NodeJS.ProcessEnv,
  logFile: string,
  args: string[] = ['api/main.ts'],
): Promise<RunningApi> {
  const port = await freePort();
  const child = runChild(args, { ...env, HOST: '127.0.0.1', PORT: String(port) }, logFile);
  const base = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await serves(base))) {
    if (!child.isAlive() || performance.now() > deadline) {
      await child.stop();
      throw new PlainError(`An API process did not start. Its log ${logFile} ends:\n${lastLines(logFile)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { ...child, base };
}

/** True if whatever listens there answers HTTP; what it answers does not matter. */
async function serves(base: string): Promise<boolean> {
  return fetch(`${base}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
    () => true,
    () => false,
  );
}
