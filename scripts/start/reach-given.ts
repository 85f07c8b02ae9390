/** Tells what is wrong with an engine that somebody else runs, before anything is started that needs it. */
import pg from 'pg';
import { openObjectStore } from '../../shared/images/open.ts';
import { openLog } from '../../shared/log.ts';
import { refuseEviction } from '../../shared/redis/fit.ts';
import { PlainError } from '../plain-error.ts';
import { askRedis } from './ask-redis.ts';

/** An engine that is started beside us gets this long to listen. */
const patienceMs = 10_000;
const connectTimeoutMs = 5_000;
const lookEveryMs = 200;

type Given = {
  DATA_DIR: string;
  DATABASE_URL?: string | undefined;
  QUEUE_REDIS_URL?: string | undefined;
  CACHE_REDIS_URL?: string | undefined;
  S3_URL?: string | undefined;
};

async function askPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => {});
  }
}

async function askBucket(DATA_DIR: string, S3_URL: string): Promise<void> {
  await using store = await openObjectStore({ DATA_DIR, S3_URL }, openLog('start', 'silent'));
  await store.check();
}

/** Asks until the engine answers or there is no hope that it will. @returns what is wrong with it, if anything. */
async function problemOf(
  name: keyof Given,
  url: string | undefined,
  ask: (url: string) => Promise<void>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!url) return undefined;
  const deadline = performance.now() + patienceMs;
  for (;;) {
    signal.throwIfAborted();
    const error = await ask(url).then(
      () => undefined,
      (thrown: NodeJS.ErrnoException) => thrown,
    );
    if (!error) return undefined;
    const reason = (error.message || error.code)?.replace(/\.$/, '');
    const mayCome =
      /ECONNREFUSED|LOADING|starting up|did not answer in time|sentinels are unreachable|Connection is closed/.test(
        `${reason}`,
      ) && performance.now() < deadline;
    if (!mayCome) {
      // Some say themselves what to type.
      if (reason?.startsWith(name)) return reason;
      return `${name}: ${reason}. Type the address of a running engine, or nothing for our own`;
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/**
 * Asks each engine that somebody else runs for an answer.
 *
 * @throws {PlainError} naming every address that cannot be used, and why.
 */
export async function reachGiven(given: Given, signal: AbortSignal): Promise<void> {
  const problems = await Promise.all([
    problemOf('DATABASE_URL', given.DATABASE_URL, askPostgres, signal),
    problemOf('QUEUE_REDIS_URL', given.QUEUE_REDIS_URL, (url) => askRedis(url, refuseEviction), signal),
    problemOf('CACHE_REDIS_URL', given.CACHE_REDIS_URL, (url) => askRedis(url), signal),
    problemOf('S3_URL', given.S3_URL, (url) => askBucket(given.DATA_DIR, url), signal),
  ]);
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length === 0) return;
  throw new PlainError(`An engine cannot be used:\n${found.map((problem) => `  - ${problem}`).join('\n')}`);
}
