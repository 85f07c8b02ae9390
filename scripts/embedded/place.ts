/** Where an engine that runs as another user finds its programs and keeps its data: folders that user can enter. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PlainError } from '../plain-error.ts';
import { whileLocked } from './cache.ts';
import { canEnter, type RefusesRoot, type RunAs } from './run-as.ts';

/** Makes that user the owner; nothing changes if that is ourselves. */
export function giveTo({ uid, gid }: RunAs, path: string): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

/** Makes the folder for everybody to enter; true if that user can. */
function makeEnterable(runAs: RunAs, folder: string): boolean {
  try {
    if (!existsSync(folder)) {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o755);
    }
    return canEnter(runAs, folder);
  } catch {
    return false;
  }
}

/** Folders outside every home, for a user who cannot enter ours. */
function publicFolders(): string[] {
  return ['/var/cache/emulsion', join(tmpdir(), 'emulsion-cache')];
}

/**
 * A folder with the programs that this user can run them from: the one given, or a copy (some 100 MB, made
 * once) for a user who cannot enter it.
 *
 * @param folder has the programs in `bin`
 * @param name that of the copy, with the version in it
 * @throws {PlainError} if there is no place for a copy.
 */
export async function placeProgram(
  runAs: RunAs,
  folder: string,
  name: string,
  { engine, setting }: RefusesRoot,
): Promise<string> {
  if (canEnter(runAs, join(folder, 'bin'))) return folder;
  const place = publicFolders().find((candidate) => makeEnterable(runAs, candidate));
  if (!place)
    throw new PlainError(
      `${engine} does not run as root, and no other user can enter ${folder} or one of ` +
        `${publicFolders().join(', ')}. Type ${setting} to use one of your own.`,
    );
  const copy = join(place, name);
  await whileLocked(copy, async () => {
    if (existsSync(copy)) return;
    console.error(
      `${engine} runs as another user, who cannot enter ${folder}: copying its programs to ${copy}`,
    );
    const draft = `${copy}.draft`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(folder, draft, { recursive: true, verbatimSymlinks: true });
    spawnSync('chmod', ['-R', 'a+rX', draft]);
    renameSync(draft, copy);
  });
  return copy;
}

/**
 * Where the data really lies: the folder itself, or, for a user who cannot enter its parent, one below
 * /var/lib, to which the folder becomes a link. The link is what is found at the next start, so the data
 * belongs to DATA_DIR wherever that is moved.
 *
 * @param name how the folder below /var/lib begins
 * @throws {PlainError} if there is no folder that user could enter.
 */
export function placeData(runAs: RunAs, folder: string, name: string, { engine }: RefusesRoot): string {
  if (existsSync(folder)) return realpathSync(folder);
  if (lstatSync(folder, { throwIfNoEntry: false }))
    throw new PlainError(
      `${folder} is a link to ${readlinkSync(folder)}, which is gone. Bring that back, or remove the link to ` +
        'begin without data.',
    );
  if (runAs.uid === undefined || canEnter(runAs, dirname(folder))) return folder;
  const place = '/var/lib/emulsion';
  if (!makeEnterable(runAs, place))
    throw new PlainError(
      `${engine} does not run as root, and no other user can enter ${dirname(folder)} or ${place}: ` +
        'type DATA_DIR=… with a folder that everybody can enter.',
    );
  const target = join(place, `${name}-${randomBytes(4).toString('hex')}`);
  console.error(
    `${engine} runs as another user, who cannot enter ${dirname(folder)}: its data lies in ${target}`,
  );
  mkdirSync(target);
  symlinkSync(target, folder);
  return target;
}
