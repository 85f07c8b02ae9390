/** Postgres and Elasticsearch refuse to run as root; then another user runs them, who has to reach their files. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { PlainError } from '../plain-error.ts';

/** A user and a group by number, as spawn() takes them; empty: whoever we are. */
export type RunAs = { uid?: number; gid?: number };

const candidates = ['postgres', 'nobody'];

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}

/** An engine that refuses root, for messages: its name, and the setting that makes ours unnecessary. */
export type RefusesRoot = { engine: string; setting: string };

/**
 * Who such an engine runs as: we ourselves unless we are root; then the owner of its data, or `postgres` or
 * `nobody`, whichever exists, where there is no data yet.
 *
 * @param dataFolder the folder with the data; it need not exist
 * @throws {PlainError} if root has nobody to run it as.
 */
export function chooseRunAs(dataFolder: string, { engine, setting }: RefusesRoot): RunAs {
  if (process.getuid?.() !== 0) return {};
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of candidates) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid && gid) return { uid, gid };
  }
  throw new PlainError(
    `${engine} does not run as root, and there is no user ${candidates.join(' or ')} to run it as. ` +
      `Start as another user, or type ${setting} to use one of your own.`,
  );
}

/** True if that user can pass through every folder on the way and into this one. */
export function canEnter(runAs: RunAs, folder: string): boolean {
  return spawnSync('test', ['-x', folder], { ...runAs, cwd: '/' }).status === 0;
}
