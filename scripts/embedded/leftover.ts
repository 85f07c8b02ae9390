/** Engines that a killed supervisor left running, and the files of those that are gone. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';

/** The working folder of a process; undefined if there is no such process (any more) or it is not ours. */
function workingFolderOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
  const { stdout } = spawnSync('lsof', ['-a', '-d', 'cwd', '-p', String(pid), '-Fn'], { encoding: 'utf8' });
  return /^n(.*)$/m.exec(stdout ?? '')?.[1];
}

/**
 * Ends the engine named in the pid file, unless it is not the one that works in this folder: process ids
 * are used again, so the number alone proves nothing. Then removes the pid file, which an engine would take
 * for the sign of a living one.
 *
 * @param pidFile its first line is the process id
 * @param folder where the engine works (both Redis and Postgres change into their data folder)
 * @param signals tried in turn, `patienceMs` each; the last one cannot be refused
 */
export async function endLeftover(
  pidFile: string,
  folder: string,
  signals: NodeJS.Signals[],
  patienceMs = 5_000,
): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  const isRunning = () => pid > 0 && workingFolderOf(pid) === realpathSync(folder);
  for (const signal of signals) {
    if (!isRunning()) break;
    process.kill(pid, signal);
    const deadline = performance.now() + patienceMs;
    while (isRunning() && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (isRunning())
    throw new Error(`Process ${pid} works in ${folder} and does not end; its pid file is ${pidFile}`);
  rmSync(pidFile, { force: true });
}
