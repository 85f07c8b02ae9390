/** How much memory engines take. */
import { spawnSync } from 'node:child_process';

/**
 * The resident memory of process groups, in MB; each engine's programs are one group each. Pages that two
 * processes share are counted twice.
 */
export function residentMb(groups: number[]): number {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,rss='], { encoding: 'utf8' });
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const kilobytes = rows
    .filter(([group]) => groups.includes(group ?? -1))
    .reduce((sum, [, rss]) => sum + (rss ?? 0), 0);
  return Math.round(kilobytes / 1_024);
}
