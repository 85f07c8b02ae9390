/** Keeps one program running: whenever it ends without being asked to, it is started again. */
import type { ChildProcess } from 'node:child_process';
import type { Log } from '../../shared/log.ts';

/** What is kept running. `spawn` is called for the first start and for every further one. */
export type Program = {
  name: string;
  spawn: () => ChildProcess;
  stopSignal: NodeJS.Signals;
  /** For when it does not stop in time. Postgres ends its own children on SIGQUIT, but not on SIGKILL. */
  killSignal: NodeJS.Signals;
};

export type Supervised = {
  name: string;
  /** How often the program ended without being asked to. */
  deaths: () => number;
  /** Asks it to stop, kills it after `patienceMs`, and resolves when it is gone; it stays gone. */
  stop: (patienceMs: number) => Promise<void>;
};

const firstDelayMs = 100;
const longestDelayMs = 5_000;
/** A program that lived this long has started well, so its next end is a new problem. */
const settledAfterMs = 10_000;

/** Starts the program and starts it again after every end: at first after 0.1 s, then doubling to 5 s. */
export function supervise(program: Program, log: Log): Supervised {
  let child: ChildProcess;
  let ended: Promise<void>;
  let restart: NodeJS.Timeout | undefined;
  let delayMs = firstDelayMs;
  let deaths = 0;
  let isStopping = false;

  function onEnd(startedAt: number, how: Record<string, unknown>) {
    if (isStopping) return;
    deaths += 1;
    const livedMs = Math.round(performance.now() - startedAt);
    if (livedMs > settledAfterMs) delayMs = firstDelayMs;
    log.warn(
      { program: program.name, ...how, lived_ms: livedMs, restart_in_ms: delayMs },
      'a program ended and is started again',
    );
    restart = setTimeout(run, delayMs);
    delayMs = Math.min(delayMs * 2, longestDelayMs);
  }

  function run() {
    const startedAt = performance.now();
    const spawned = program.spawn();
    child = spawned;
    ended = new Promise((resolve) => {
      spawned.once('error', (error) => {
        // A failed kill() is an error too, of a child that lives on.
        if (spawned.pid === undefined) onEnd(startedAt, { err: error });
        resolve();
      });
      spawned.once('exit', (code, signal) => {
        onEnd(startedAt, { code, signal });
        resolve();
      });
    });
  }

  async function stop(patienceMs: number) {
    isStopping = true;
    clearTimeout(restart);
    if (child.exitCode === null && child.signalCode === null) child.kill(program.stopSignal);
    const kill = setTimeout(() => {
      log.warn(
        { program: program.name, after_ms: patienceMs },
        'a program did not stop in time and is killed',
      );
      child.kill(program.killSignal);
    }, patienceMs);
    await ended;
    clearTimeout(kill);
  }

  run();
  return { name: program.name, deaths: () => deaths, stop };
}

/** More than a hiccup, less than a loop nobody wants to watch: some three seconds of back-off. */
const tooManyDeaths = 5;

/**
 * Waits until the check passes.
 *
 * @param check asked every 50 ms; may reject, which means not yet
 * @throws {Error} if the program keeps dying or the check does not pass within `timeoutMs`; its message says
 *   which, and the check's last reason is its cause.
 */
export async function untilReady(
  supervised: Supervised,
  check: () => Promise<boolean>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    signal.throwIfAborted();
    const isReady = await check().catch((reason) => {
      cause = reason;
      return false;
    });
    if (isReady) return;
    if (supervised.deaths() >= tooManyDeaths)
      throw new Error(`${supervised.name} ended ${tooManyDeaths} times while starting`, { cause });
    if (performance.now() > deadline)
      throw new Error(`${supervised.name} was not ready after ${timeoutMs / 1_000} s`, { cause });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
