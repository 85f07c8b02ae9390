/** A redis-server to run: the system's, or one that is fetched into the cache without becoming a service. */
import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
// biome-ignore lint/correctness/useImportExtensions: the module is plain JavaScript
import { showElapsed } from '../bootstrap/show-elapsed.mjs';
import { PlainError } from '../plain-error.ts';
import { cacheFolder, whileLocked } from './cache.ts';

const run = promisify(execFile);

/** `libraries` is what LD_LIBRARY_PATH has to be for it to run. */
export type RedisBinary = { command: string; libraries?: string };

/** GETDEL, SMISMEMBER and exclusive stream ranges came with 6.2. */
const oldest = { major: 6, minor: 2 };

/** Redis and Valkey both answer `… v=7.0.15 …`; undefined if it does not run or is too old. */
async function usable(binary: RedisBinary): Promise<RedisBinary | undefined> {
  try {
    const { stdout } = await run(binary.command, ['--version'], {
      env: { ...process.env, LD_LIBRARY_PATH: binary.libraries },
    });
    const [, major, minor] = (/\bv=(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
    if (major === undefined || minor === undefined) return undefined;
    const isNew = major > oldest.major || (major === oldest.major && minor >= oldest.minor);
    return isNew ? binary : undefined;
  } catch {
    return undefined;
  }
}

function onPath(...names: string[]): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) =>
    folders.map((folder) => join(folder, name)).filter((path) => existsSync(path)),
  );
}

/**
 * Debian and Ubuntu: downloads redis-tools, which contains the server (redis-server is a link to
 * redis-check-rdb and the name decides), with the libraries the system lacks, and unpacks it into `folder`.
 * Neither needs root, nothing is installed, so no service appears on port 6379. apt works on lists and a
 * cache of our own, since those of the system may be missing, old or locked.
 */
async function unpackFromApt(folder: string): Promise<void> {
  const draft = mkdtempSync(`${folder}-`);
  try {
    const own = ['state/lists/partial', 'cache/archives/partial', 'root'].map((name) => join(draft, name));
    for (const path of own) mkdirSync(path, { recursive: true });
    const options = [
      `Dir::State=${draft}/state`,
      'Dir::State::status=/var/lib/dpkg/status',
      `Dir::Cache=${draft}/cache`,
      'Debug::NoLocking=1',
      'APT::Sandbox::User=',
      'Acquire::Languages=none',
    ].flatMap((option) => ['-o', option]);
    const apt = (...args: string[]) => run('apt-get', ['-qq', ...options, ...args], { maxBuffer: 2 ** 26 });
    await apt('update');
    await apt('install', '--yes', '--no-install-recommends', '--download-only', '--reinstall', 'redis-tools');
    const root = join(draft, 'root');
    for (const file of globSync(join(draft, 'cache/archives/*.deb'))) await run('dpkg', ['-x', file, root]);
    symlinkSync('redis-check-rdb', join(root, 'usr/bin/redis-server'));
    renameSync(root, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function fromApt(): Promise<RedisBinary | undefined> {
  const folder = join(cacheFolder(), 'redis');
  const fromCache = () =>
    usable({
      command: join(folder, 'usr/bin/redis-server'),
      libraries: [...globSync(join(folder, '{usr/,}lib/*-linux-*')), join(folder, 'usr/lib')].join(delimiter),
    });
  const cached = await fromCache();
  if (cached || onPath('apt-get').length === 0) return cached;
  return whileLocked('redis', async () => {
    const foundMeanwhile = await fromCache();
    if (foundMeanwhile) return foundMeanwhile;
    const done = showElapsed('Fetching Redis with apt (unpacked into the cache, not installed)');
    try {
      rmSync(folder, { recursive: true, force: true });
      await unpackFromApt(folder);
    } catch (error) {
      console.error(String(error));
    } finally {
      done();
    }
    return fromCache();
  });
}

async function fromBrew(): Promise<RedisBinary | undefined> {
  const [brew] = onPath('brew');
  if (!brew) return undefined;
  const done = showElapsed('Installing Redis with brew');
  try {
    await run(brew, ['install', 'redis'], { maxBuffer: 2 ** 26 });
    const { stdout } = await run(brew, ['--prefix', 'redis']);
    return await usable({ command: join(stdout.trim(), 'bin/redis-server') });
  } catch (error) {
    console.error(String(error));
    return undefined;
  } finally {
    done();
  }
}

/**
 * Finds a redis-server of at least version 6.2, or fetches one.
 *
 * @throws {PlainError} saying what to install, where neither apt nor brew could help.
 */
export async function findRedis(): Promise<RedisBinary> {
  for (const command of onPath('redis-server', 'valkey-server')) {
    const found = await usable({ command });
    if (found) return found;
  }
  const fetched = (await fromApt()) ?? (await fromBrew());
  if (fetched) return fetched;
  throw new PlainError(
    `There is no redis-server of version ${oldest.major}.${oldest.minor} or newer, and none could be fetched. Install one:\n` +
      '  Debian, Ubuntu:  sudo apt-get install redis-server\n' +
      '  Fedora:          sudo dnf install redis\n' +
      '  macOS:           brew install redis\n' +
      'or type QUEUE_REDIS_URL=redis://… to use a Redis of your own.',
  );
}
