/** The folder in which a Postgres keeps its databases (a "cluster"): made once, then found again. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlainError } from '../plain-error.ts';
import { cacheFolder, whileLocked } from './cache.ts';
import { giveTo } from './place.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { RunAs } from './run-as.ts';

/** The superuser's name; there is no other. */
export const owner = 'emulsion';

function makePrivate(runAs: RunAs, path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o700);
  giveTo(runAs, path);
}

/**
 * Text is UTF-8 and sorts by code point, the same on every machine: the provider is Postgres itself
 * (`C.UTF-8` of the builtin provider knows upper and lower case of all scripts), not the system's libc.
 */
const localeArgs = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];

/**
 * Only pg_trgm still asks libc what a letter is. With plain C it would drop every letter outside ASCII, so
 * that comes last, for systems that have neither of the others.
 */
const characterTypes = ['C.UTF-8', 'en_US.UTF-8', 'C'];

function initdb(
  binaries: PostgresBinaries,
  runAs: RunAs,
  data: string,
  password: string,
  more: string[],
): void {
  const passwordFile = `${data}.password`;
  try {
    for (const characterType of characterTypes) {
      rmSync(data, { recursive: true, force: true });
      makePrivate(runAs, data);
      writeFileSync(passwordFile, password, { mode: 0o600 });
      giveTo(runAs, passwordFile);
      const args = [
        `--pgdata=${data}`,
        `--username=${owner}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        ...localeArgs,
        `--lc-ctype=${characterType}`,
        ...more,
      ];
      const { status, stdout, stderr, error } = spawnSync(binaries.initdb, args, {
        ...runAs,
        cwd: '/',
        env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' },
        encoding: 'utf8',
      });
      if (status === 0) return;
      if (characterType === 'C' || !stderr?.includes('invalid locale name'))
        throw new PlainError(`initdb failed:\n${stdout}${stderr}${error?.message ?? ''}`);
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * Makes the cluster unless there is one. An interrupted attempt leaves no half-made one behind, because it
 * gets its name only when it is whole.
 *
 * @param data the folder as `placeData` returns it
 * @throws {PlainError} if it was made by another major version, or cannot be made.
 */
export function ensureCluster(
  binaries: PostgresBinaries,
  runAs: RunAs,
  data: string,
  password: string,
): void {
  const versionFile = join(data, 'PG_VERSION');
  if (!existsSync(versionFile)) {
    const draft = `${data}.draft`;
    initdb(binaries, runAs, draft, password, []);
    rmSync(data, { recursive: true, force: true });
    renameSync(draft, data);
  }
  const made = readFileSync(versionFile, 'utf8').trim();
  if (made !== binaries.version.split('.')[0])
    throw new PlainError(
      `The data in ${data} was written by Postgres ${made}; this is Postgres ${binaries.version}. ` +
        'Move it away, or upgrade it with pg_upgrade.',
    );
}

/**
 * Makes a throw-away cluster by copying one from the cache, which takes a tenth of initdb's time.
 *
 * @param data the folder to make
 * @returns the superuser's password
 */
export async function copyCluster(binaries: PostgresBinaries, runAs: RunAs, data: string): Promise<string> {
  const madeHow = [binaries.version, runAs.uid, ...localeArgs, ...characterTypes].join(' ');
  const cached = join(
    cacheFolder(),
    `cluster-${createHash('sha256').update(madeHow).digest('hex').slice(0, 8)}`,
  );
  const passwordFile = join(cached, 'password');
  await whileLocked(cached, async () => {
    if (existsSync(passwordFile)) return;
    rmSync(cached, { recursive: true, force: true });
    mkdirSync(cached, { mode: 0o700 });
    const password = randomBytes(16).toString('hex');
    initdb(binaries, runAs, data, password, ['--no-sync']);
    execFileSync('cp', ['-Rp', data, join(cached, 'cluster')]);
    writeFileSync(passwordFile, password, { mode: 0o600 });
  });
  rmSync(data, { recursive: true, force: true });
  // -p keeps the owner and the modes, which Postgres checks.
  execFileSync('cp', ['-Rp', join(cached, 'cluster'), data]);
  return readFileSync(passwordFile, 'utf8');
}
