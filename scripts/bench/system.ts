/** A whole Emulsion, started by `npm start` as anybody would. */
import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { freePort } from '../embedded/port.ts';
import { PlainError } from '../plain-error.ts';

export type System = {
  base: string;
  /** npm's process; everything else descends from it. */
  pid: number;
  /** From the start of npm until the API said it was ready. */
  readyAfterMs: number;
  stop(): Promise<void>;
};

const readyTimeoutMs = 300_000;
/** What `npm start` promises, and a little more. */
const patienceMs = 20_000;

/** The shell's environment without what npm and the checkout that runs this have put into it. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const ours = /^(npm_|NODE$|INIT_CWD$|PATH$|.*_URL$)/i;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name))),
    PATH: path.join(delimiter),
  };
}

/**
 * Runs `npm start` in a checkout and waits until it is ready.
 *
 * @param env on top of the shell's
 * @throws {PlainError} with its output, if it ends instead or takes more than five minutes.
 */
export async function startSystem(
  checkout: string,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<System> {
  signal.throwIfAborted();
  const port = await freePort();
  const startedAt = performance.now();
  const npm = spawn('npm', ['start'], {
    cwd: checkout,
    env: { ...plainEnvironment(), ...env, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exited = new Promise<void>((resolve) => {
    npm.once('error', () => resolve());
    npm.once('exit', () => resolve());
  });
  const isAlive = () => npm.pid !== undefined && npm.exitCode === null && npm.signalCode === null;
  const stop = async () => {
    if (isAlive()) npm.kill('SIGTERM');
    const kill = setTimeout(() => npm.kill('SIGKILL'), patienceMs);
    await exited;
    clearTimeout(kill);
  };
  const base = `http://127.0.0.1:${port}`;
  const isReady = () =>
    fetch(`${base}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
      (reply) => reply.ok,
      () => false,
    );
  while (!(await isReady())) {
    if (signal.aborted || !isAlive() || performance.now() - startedAt > readyTimeoutMs) {
      await stop();
      signal.throwIfAborted();
      throw new PlainError(`npm start in ${checkout} did not become ready:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { base, pid: npm.pid as number, readyAfterMs: performance.now() - startedAt, stop };
}
