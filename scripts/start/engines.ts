/** Runs the engines whose addresses nobody gave. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Log } from '../../shared/log.ts';
import { type EmbeddedEngine, lastLines } from '../embedded/engine.ts';
import { ensureDatabase, preparePostgres } from '../embedded/postgres.ts';
import { prepareRedis } from '../embedded/redis.ts';
import { PlainError } from '../plain-error.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';
import { type Supervised, supervise, untilReady } from './supervise.ts';

/** Long enough for Postgres to replay what a crash left on a slow disk. */
const startTimeoutMs = 60_000;

/** The environment variables of the engines, such as `{ DATABASE_URL: 'postgres://…' }`. */
export type EngineUrls = { DATABASE_URL?: string; QUEUE_REDIS_URL?: string };

export type EngineContext = {
  dataDir: string;
  log: Log;
  /** Aborted when what is being started should stop instead. */
  signal: AbortSignal;
  /** Gets each engine as soon as it runs, so that it can be stopped while another still starts. */
  running: Supervised[];
};

/** Supervises the engine from now on, and resolves when it serves. */
export async function runEngine(engine: EmbeddedEngine, context: EngineContext): Promise<void> {
  context.signal.throwIfAborted();
  const supervised = supervise(engine.program, context.log);
  context.running.push(supervised);
  try {
    await untilReady(supervised, engine.isReady, engine.startTimeoutMs ?? startTimeoutMs, context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    const { message, cause } = error as Error;
    const reason = cause ? ` (${cause})` : '';
    throw new PlainError(
      `${message}${reason}. The log ${engine.logFile} ends:\n${lastLines(engine.logFile)}`,
    );
  }
}

/**
 * Starts Postgres if `DATABASE_URL` is unset and Redis if `QUEUE_REDIS_URL` is unset.
 *
 * @returns the URLs of those it started
 * @throws {PlainError} if one does not start; the signal's reason, if that is aborted.
 */
export async function startEngines(given: EngineUrls, context: EngineContext): Promise<EngineUrls> {
  const { dataDir } = context;
  const settingsFile = join(dataDir, 'embedded.json');
  // The passwords are kept before they are used: a cluster whose password is lost cannot be opened again.
  const settings: Record<string, string> = {
    postgres_password: randomBytes(24).toString('hex'),
    redis_password: randomBytes(24).toString('hex'),
    ...readPrivateFile(settingsFile),
  };
  writePrivateFile(settingsFile, settings);
  const optionsFor = (name: 'postgres' | 'redis') => ({
    folder: join(dataDir, name),
    logFile: join(dataDir, `${name}.log`),
    password: settings[`${name}_password`] as string,
    preferredPort: Number(settings[`${name}_port`]) || undefined,
    isDurable: true as const,
  });

  async function startPostgres(): Promise<EngineUrls> {
    if (given.DATABASE_URL) return {};
    const engine = await preparePostgres(optionsFor('postgres'));
    settings.postgres_port = String(engine.port);
    await runEngine(engine, context);
    return { DATABASE_URL: await ensureDatabase(engine.url, 'emulsion') };
  }

  async function startRedis(): Promise<EngineUrls> {
    if (given.QUEUE_REDIS_URL) return {};
    const engine = await prepareRedis(optionsFor('redis'));
    settings.redis_port = String(engine.port);
    await runEngine(engine, context);
    return { QUEUE_REDIS_URL: engine.url };
  }

  const urls = await Promise.all([startPostgres(), startRedis()]);
  writePrivateFile(settingsFile, settings);
  return Object.assign({}, ...urls);
}
