/**
 * A whole Emulsion for one test file: API and workers in this process, on a database, a Redis and a folder of
 * its own. Nothing in it is a double.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type RunningApi, type ServerOptions, startServer } from '../../api/server.ts';
import { openApiTools } from '../../api/tools.ts';
import { type Config, loadConfig } from '../../shared/config.ts';
import { queueNames } from '../../shared/jobs.ts';
import type { Tools } from '../../shared/tools.ts';
import { type RunningWorker, startWorker } from '../../workers/worker.ts';
import { type Client, clientOf, passwordOf, send } from './client.ts';
import { agreeOn } from './contract.ts';
import { testDatabase } from './database.ts';
import { testEngines } from './engines.ts';
import { filesBelow } from './files.ts';
import { expectOneSlotEach } from './slots.ts';

export type World = {
  config: Config;
  /** The tools of the API in this process. */
  tools: Tools;
  api: RunningApi;
  worker: RunningWorker | undefined;
  /** Where the API listens. */
  base: string;
  /** Registers a user, named like the test names them. */
  join(username: string): Promise<Client>;
  /** Waits until no event and no job is left. */
  settle(): Promise<void>;
  /** The keys of all images that are kept, wherever that is. */
  objects(): Promise<string[]>;
  /** Where one of the texts is found in Cassandra or Elasticsearch; nowhere if there is neither. */
  placesOf(texts: readonly string[]): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
};

type WorldOptions = ServerOptions & {
  env?: Record<string, string>;
  /** What the worker serves; `[]` for no worker at all. */
  serves?: readonly string[];
};

const settleTimeoutMs = 20_000;

/** A port nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A Redis database of one's own on the test server, empty. */
export async function testRedis(): Promise<string> {
  const url = process.env.TEST_REDIS_URL;
  if (!url) throw new Error('TEST_REDIS_URL is not set: run the tests with "npm test"');
  const redis = new Redis(url);
  const [, databases] = (await redis.config('GET', 'databases')) as [string, string];
  const number = ((await redis.incr('test:databases')) % (Number(databases) - 1)) + 1;
  await redis.select(number);
  await redis.flushdb();
  redis.disconnect();
  return `${url.replace(/\/+\d*$/, '')}/${number}`;
}

export async function world(options: WorldOptions = {}): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), 'emulsion-world-'));
  const [database, engines] = await Promise.all([testDatabase(), testEngines()]);
  const config = loadConfig({
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    DATABASE_CONNECTIONS: '6',
    QUEUE_REDIS_URL: await testRedis(),
    AUTH_SECRET: 'a secret that only tests would ever use',
    ADMIN_PASSWORD: 'an admin password for tests',
    METRICS_TOKEN: 'a metrics token for tests',
    RATE_LIMITS: 'off',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'fatal',
    DECODER_PROCESSES: '1',
    ...engines.env,
    // Whoever names one Redis means it for everything.
    ...(options.env?.QUEUE_REDIS_URL ? { CACHE_REDIS_URL: '' } : {}),
    ...options.env,
  });
  const tools = await openApiTools(config);
  const api = await startServer(tools, { checkReplies: true, ...options });
  const serves = options.serves ?? ['relay', ...queueNames];
  const worker = serves.length > 0 ? await startWorker(config, serves) : undefined;
  const base = `http://127.0.0.1:${api.port}`;
  agreeOn(base, options.routes);

  return {
    config,
    tools,
    api,
    worker,
    base,
    join: (username) => register(base, username),
    async settle() {
      await settle(tools, worker);
      await engines.refresh();
    },
    placesOf: engines.placesOf,
    objects: engines.objects ?? (() => filesBelow(join(dataDir, 'images/objects'))),
    async [Symbol.asyncDispose]() {
      await worker?.stop();
      await api.stop();
      await tools.stop();
      await Promise.all([
        engines[Symbol.asyncDispose](),
        database[Symbol.asyncDispose](),
        rm(dataDir, { recursive: true, force: true }),
      ]);
      expectOneSlotEach();
    },
  };
}

/** Registers a user at an API and replies their client. */
export async function register(base: string, username: string): Promise<Client> {
  const { status, body, text } = await send(
    base,
    'POST',
    '/v1/auth/register',
    JSON.stringify({ username, email: `${username}@example.org`, password: passwordOf({ username }) }),
    { 'Content-Type': 'application/json' },
  );
  if (status !== 201) throw new Error(`registering ${username}: ${status} ${text}`);
  return clientOf(base, {
    userId: body.user.user_id,
    username,
    accessToken: body.access_token,
    refreshToken: body.refresh_token,
  });
}

/** How many jobs wait for a time that is far off, such as the end of a story. */
async function farOff({ queues }: Tools): Promise<number> {
  const perQueue = await Promise.all(queues.all.map((queue) => queue.getDelayed()));
  const horizon = Date.now() + settleTimeoutMs;
  return perQueue.flat().filter((job) => job && job.timestamp + (job.opts.delay ?? 0) > horizon).length;
}

/** Waits until the outbox is empty and no queue has a job that waits or runs, or soon will. */
export async function settle(tools: Tools, worker: RunningWorker | undefined): Promise<void> {
  const deadline = Date.now() + settleTimeoutMs;
  for (let quietRounds = 0; ; ) {
    await worker?.relay?.drain();
    const { waiting } = await tools.outbox.backlog();
    const counts = await Promise.all(queueNames.map((queue) => tools.queues.counts(queue)));
    const allDelayed = counts.reduce((sum, queue) => sum + queue.delayed, 0);
    // Those far off stay where they are; one that is due may begin between the two looks, and would be in neither.
    const delayed = allDelayed > 0 ? Math.max(0, allDelayed - (await farOff(tools))) : 0;
    const left = waiting + delayed + counts.reduce((sum, queue) => sum + queue.waiting + queue.active, 0);
    // A job that ends may have emitted an event between the two looks.
    quietRounds = left === 0 ? quietRounds + 1 : 0;
    if (quietRounds === 2) return;
    if (Date.now() > deadline) throw new Error(`${left} events and jobs are left: ${JSON.stringify(counts)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Waits until `condition` holds; for what no queue can tell of. */
export async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + settleTimeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it did not come to pass: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
