/** How engines are run: as children that outlive a ctrl-c, but not us. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { RunAs } from './run-as.ts';

export type EngineProcess = {
  command: string;
  args: string[];
  /** Written to its stdin. */
  input?: string;
  logFile: string;
  stopSignal: NodeJS.Signals;
  env?: NodeJS.ProcessEnv;
  runAs?: RunAs;
  /** Its working folder; `/` when unset. */
  folder?: string;
  /** Gets its process id, for engines that do not write it down themselves. */
  pidFile?: string;
};

let knowsParentDeathSignal: boolean | undefined;

/** util-linux's setpriv can ask the kernel to signal a program when its parent ends (PR_SET_PDEATHSIG, prctl(2)). */
function hasParentDeathSignal(): boolean {
  knowsParentDeathSignal ??= spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true']).status === 0;
  return knowsParentDeathSignal;
}

/**
 * Starts an engine. It gets a session of its own, so that the terminal's ctrl-c does not end it before the
 * programs that use it. Where setpriv exists it stops by itself when we are killed; elsewhere the next start
 * ends it (leftover.ts). Its output goes to the log file.
 */
export function spawnEngine(engine: EngineProcess): ChildProcess {
  const log = openSync(engine.logFile, 'a', 0o600);
  const signalName = engine.stopSignal.replace('SIG', '');
  const [command, args] = hasParentDeathSignal()
    ? ['setpriv', ['--pdeathsig', signalName, '--', engine.command, ...engine.args]]
    : [engine.command, engine.args];
  const child = spawn(command, args, {
    ...engine.runAs,
    cwd: engine.folder ?? '/',
    detached: true,
    stdio: [engine.input === undefined ? 'ignore' : 'pipe', log, log],
    // Nothing of ours has to be known to them, and PG… variables would change what Postgres does.
    env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C', ...engine.env },
  });
  closeSync(log);
  if (engine.pidFile && child.pid) writeFileSync(engine.pidFile, `${child.pid}\n`);
  // It may end before it has read everything; its exit tells.
  child.stdin?.on('error', () => {});
  child.stdin?.end(engine.input);
  return child;
}
