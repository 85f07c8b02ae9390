/** The embedded Redis: a local redis-server that keeps what it was told. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { EmbeddedEngine } from './engine.ts';
import { endLeftover } from './leftover.ts';
import { freePort } from './port.ts';
import { findRedis } from './redis-binary.ts';
import { spawnEngine } from './spawn-engine.ts';

export type RedisOptions = {
  /** Where it keeps its data; made if absent. */
  folder: string;
  /** Used if it is free; else, or if there is none, another one is. */
  preferredPort?: number;
  password: string;
  /** False for tests: nothing is written to disk, and there are databases enough for every test file. */
  isDurable: boolean;
  logFile: string;
  /** How it is called in the log; `redis` when unset. */
  name?: string;
  /** Further lines of redis.conf, which win over those above them. */
  settings?: string[];
};

/** redis.conf takes double quotes with backslash escapes around a value, as JSON has them. */
const quote = (text: string) => JSON.stringify(text);

/** Read from stdin, so that the password shows neither in `ps` nor in a file. */
function configOf({ folder, password, isDurable, settings = [] }: RedisOptions, port: number): string {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${quote(password)}`,
    'daemonize no',
    `dir ${quote(folder)}`,
    `pidfile ${quote(join(folder, 'redis.pid'))}`,
    // Queues live here: a full memory has to refuse writes rather than drop jobs.
    'maxmemory-policy noeviction',
    // The append-only file is the durable copy; a crash loses the last second at most.
    'save ""',
    `appendonly ${isDurable ? 'yes' : 'no'}`,
    'appendfsync everysec',
    `databases ${isDurable ? 16 : 512}`,
    'loglevel warning',
    ...settings,
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Makes everything ready to run Redis: finds or fetches it and ends one that a killed supervisor left.
 *
 * @throws {PlainError} if there is no Redis and none can be fetched.
 */
export async function prepareRedis(options: RedisOptions): Promise<EmbeddedEngine> {
  const { command, libraries } = await findRedis();
  const { folder, password, logFile } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await endLeftover(join(folder, 'redis.pid'), folder, ['SIGTERM', 'SIGKILL']);
  const port = await freePort(options.preferredPort);
  const stopSignal = 'SIGTERM';
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    port,
    logFile,
    program: {
      name: options.name ?? 'redis',
      stopSignal,
      killSignal: 'SIGKILL',
      spawn: () =>
        spawnEngine({
          command,
          args: ['-'],
          input: configOf(options, port),
          env: libraries ? { LD_LIBRARY_PATH: libraries } : {},
          stopSignal,
          logFile,
        }),
    },
    isReady: async () => {
      const redis = new Redis({
        host: '127.0.0.1',
        port,
        password,
        lazyConnect: true,
        retryStrategy: () => null,
        // Without a ready check a PING is answered while the data is still being loaded, with an error.
        enableReadyCheck: false,
        enableOfflineQueue: false,
        connectTimeout: 2_000,
      });
      redis.on('error', () => {});
      try {
        await redis.connect();
        return (await redis.ping()) === 'PONG';
      } finally {
        redis.disconnect();
      }
    },
  };
}
