/** What the processes of a system hold in memory, read from /proc (proc(5), Linux only). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Processes that do the same, together. */
export type Usage = {
  name: string;
  processes: number;
  /** Resident; pages that processes share count in each of them. */
  rssMb: number;
  /** Proportional: a page that n processes share counts as 1/n in each of them, so sums mean something. */
  pssMb: number;
};

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
}

/** The process and all below it. */
function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    // The name in parentheses may hold anything, so the fields are counted from behind it: state, then parent.
    const fields = /^\d+$/.test(name) ? read(Number(name), 'stat').split(') ').at(-1)?.split(' ') : undefined;
    if (fields?.[1]) parents.set(Number(name), Number(fields[1]));
  }
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  return family;
}

const kinds: [name: string, pattern: RegExp][] = [
  ['decoding', /images\/decoder\/child/],
  ['api', /api\/main\.ts/],
  ['worker', /workers\/main\.ts relay/],
  ['media', /workers\/main\.ts media/],
  ['postgres', /postgres/],
  ['redis', /redis/],
];

function nameOf(pid: number): string {
  const command = read(pid, 'cmdline').replaceAll('\0', ' ');
  return kinds.find(([, pattern]) => pattern.test(command))?.[0] ?? 'npm and supervisor';
}

/**
 * Reads what a process and its descendants hold, by kind.
 *
 * @throws where there is no /proc.
 */
export function memoryOf(pid: number): Usage[] {
  if (!existsSync('/proc/self/smaps_rollup'))
    throw new Error('memory is read from /proc, which only Linux has');
  const usages = new Map<string, Usage>();
  for (const member of familyOf(pid)) {
    const rollup = read(member, 'smaps_rollup');
    const megabytes = (field: string) =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0) / 1_024;
    if (rollup === '') continue;
    const name = nameOf(member);
    const usage = usages.get(name) ?? { name, processes: 0, rssMb: 0, pssMb: 0 };
    usages.set(name, {
      name,
      processes: usage.processes + 1,
      rssMb: usage.rssMb + megabytes('Rss'),
      pssMb: usage.pssMb + megabytes('Pss'),
    });
  }
  return [...usages.values()];
}
