/** The throw-away Postgres and Redis of one test run: nothing of theirs outlives it. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../shared/db/migrate.ts';
import type { Log } from '../../shared/log.ts';
import { endLeftover } from '../embedded/leftover.ts';
import { ensureDatabase, preparePostgres } from '../embedded/postgres.ts';
import { prepareRedis } from '../embedded/redis.ts';
import { runEngine } from '../start/engines.ts';
import type { Supervised } from '../start/supervise.ts';

export type TestEngines = {
  /** A folder of this run, removed with it. */
  folder: string;
  /** The superuser's, to the database `postgres`. */
  databaseUrl: string;
  /** A migrated database nobody is connected to, for `create database … template …`. */
  template: string;
  redisUrl: string;
};

const template = 'emulsion_template';
/** What the slowest engine, a busy Cassandra, takes to stop, and more. */
const patienceMs = 10_000;
const prefix = 'emulsion-test-';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function removeData(folder: string): void {
  const postgres = join(folder, 'postgres');
  // It may be a link to a folder that another user can enter.
  if (existsSync(postgres)) rmSync(realpathSync(postgres), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}

/** Ends and removes what runs that were killed have left behind. Their folders carry their process ids. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (!name.startsWith(prefix) || isAlive(Number.parseInt(name.slice(prefix.length), 10))) continue;
    if (statSync(folder, { throwIfNoEntry: false })?.uid !== process.getuid?.()) continue;
    for (const [engine, pidFile] of [
      ['postgres', 'postmaster.pid'],
      ['redis', 'redis.pid'],
    ] as const)
      await endLeftover(join(folder, engine, pidFile), join(folder, engine), ['SIGQUIT', 'SIGKILL']);
    removeData(folder);
  }
}

/**
 * Starts both engines on free ports and migrates the template.
 *
 * @param running gets the engines as soon as they run, so that they can be stopped at any time
 * @param onFolder told the run's folder before anything is in it
 * @throws {PlainError} if an engine does not start; whatever a failing migration threw.
 */
export async function startTestEngines(
  running: Supervised[],
  onFolder: (folder: string) => void,
  log: Log,
  signal: AbortSignal,
): Promise<TestEngines> {
  await removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  onFolder(folder);
  // Under root Postgres runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  const optionsFor = (name: string) => ({
    folder: join(folder, name),
    logFile: join(folder, `${name}.log`),
    isDurable: false as const,
  });
  const context = { dataDir: folder, log, signal, running };

  async function startPostgres(): Promise<string> {
    const engine = await preparePostgres(optionsFor('postgres'));
    await runEngine(engine, context);
    await migrate(await ensureDatabase(engine.url, template));
    return engine.url;
  }

  async function startRedis(): Promise<string> {
    // Nothing is in it and it is gone in a minute, so any password does.
    const engine = await prepareRedis({ ...optionsFor('redis'), password: 'test' });
    await runEngine(engine, context);
    return engine.url;
  }

  const [databaseUrl, redisUrl] = await Promise.all([startPostgres(), startRedis()]);
  return { folder, databaseUrl, template, redisUrl };
}

/** Stops the engines and removes the run's folder. */
export async function removeTestEngines(running: Supervised[], folder: string | undefined): Promise<void> {
  await Promise.all(running.map((engine) => engine.stop(patienceMs)));
  if (folder) removeData(folder);
}
