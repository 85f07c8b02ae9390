/** Redis with Sentinels: a master, its replica, and three that watch them and agree on who is master. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { endLeftover } from '../embedded/leftover.ts';
import { isListening } from '../embedded/port.ts';
import { prepareRedis } from '../embedded/redis.ts';
import { findRedis } from '../embedded/redis-binary.ts';
import { spawnEngine } from '../embedded/spawn-engine.ts';
import type { RealEngine, Room } from './room.ts';

const masterName = 'emulsion';
const sentinels = 3;

async function startServer(room: Room, index: number, settings: string[]): Promise<number> {
  const name = `server-${index + 1}`;
  const password = room.secret('password');
  const engine = await prepareRedis({
    name: `redis-sentinel-${name}`,
    folder: join(room.folder, name),
    logFile: join(room.folder, `${name}.log`),
    password,
    preferredPort: await room.port(`${name}_port`, index),
    isDurable: true,
    settings: [`masterauth ${JSON.stringify(password)}`, 'repl-diskless-sync-delay 0', ...settings],
  });
  await room.run(engine);
  return engine.port;
}

/**
 * Its file is written by the Sentinel too: who the master is now stands there. Sentinels have no password, since
 * the one in a URL is that of the servers they watch.
 */
function writeConfig(path: string, folder: string, port: number, masterPort: number, password: string): void {
  if (existsSync(path)) return;
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${JSON.stringify(folder)}`,
    'daemonize no',
    `sentinel monitor ${masterName} 127.0.0.1 ${masterPort} 2`,
    `sentinel auth-pass ${masterName} ${password}`,
    `sentinel down-after-milliseconds ${masterName} 2000`,
    `sentinel failover-timeout ${masterName} 10000`,
  ];
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 });
}

async function startSentinel(room: Room, index: number, masterPort: number): Promise<number> {
  const name = `sentinel-${index + 1}`;
  const { command, libraries } = await findRedis();
  const folder = join(room.folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pidFile = join(folder, 'sentinel.pid');
  await endLeftover(pidFile, folder, ['SIGTERM', 'SIGKILL']);
  const port = await room.port(`${name}_port`, 2 + index);
  const password = room.secret('password');
  const config = join(folder, 'sentinel.conf');
  writeConfig(config, folder, port, masterPort, password);
  const logFile = join(room.folder, `${name}.log`);
  const stopSignal = 'SIGTERM';
  await room.run({
    url: `redis://127.0.0.1:${port}`,
    port,
    logFile,
    program: {
      name: `redis-${name}`,
      stopSignal,
      killSignal: 'SIGKILL',
      spawn: () =>
        spawnEngine({
          command,
          args: [config, '--sentinel'],
          env: libraries ? { LD_LIBRARY_PATH: libraries } : {},
          folder,
          pidFile,
          stopSignal,
          logFile,
        }),
    },
    isReady: async () => (await isListening('127.0.0.1', port)) && (await knowsAll(port)),
  });
  return port;
}

/** True if this Sentinel sees a master and its replica. */
async function knowsAll(port: number): Promise<boolean> {
  const sentinel = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    retryStrategy: () => null,
  });
  sentinel.on('error', () => {});
  try {
    await sentinel.connect();
    const answer = (await sentinel.call('SENTINEL', 'REPLICAS', masterName)) as unknown[];
    return answer.length >= 1;
  } finally {
    sentinel.disconnect();
  }
}

export const redisSentinel: RealEngine = {
  portOffset: 30,
  async start(room) {
    const first = await startServer(room, 0, []);
    await startServer(room, 1, [`replicaof 127.0.0.1 ${first}`]);
    const ports: number[] = [];
    for (let index = 0; index < sentinels; index += 1) ports.push(await startSentinel(room, index, first));
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
    const url = `redis+sentinel://:${room.secret('password')}@${hosts}/${masterName}/0`;
    return { QUEUE_REDIS_URL: url, CACHE_REDIS_URL: url };
  },
};
