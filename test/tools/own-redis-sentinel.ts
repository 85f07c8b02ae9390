/** A Redis master of one's own with a replica, and three Sentinels that watch them. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../scripts/embedded/port.ts';
import { prepareRedis } from '../../scripts/embedded/redis.ts';
import { findRedis } from '../../scripts/embedded/redis-binary.ts';
import { spawnEngine } from '../../scripts/embedded/spawn-engine.ts';
import { until } from './world.ts';

const name = 'main';
const password = 'test';

export type OwnRedisSentinel = {
  url: string;
  killMaster(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

async function startServer(folder: string, index: number, settings: string[]) {
  const engine = await prepareRedis({
    folder: join(folder, `server-${index}`),
    logFile: join(folder, `server-${index}.log`),
    password,
    isDurable: true,
    settings: [`masterauth ${password}`, 'repl-diskless-sync-delay 0', ...settings],
  });
  const child = engine.program.spawn();
  await until('a server serves', () => engine.isReady().catch(() => false));
  return { port: engine.port, child };
}

async function startSentinel(folder: string, index: number, masterPort: number) {
  const { command, libraries } = await findRedis();
  const port = await freePort();
  const config = join(folder, `sentinel-${index}.conf`);
  // A second of silence is enough: the test waits for it. An election nobody wins is held again after twice the
  // failover timeout.
  await writeFile(
    config,
    `bind 127.0.0.1
port ${port}
dir ${JSON.stringify(folder)}
sentinel monitor ${name} 127.0.0.1 ${masterPort} 2
sentinel auth-pass ${name} ${password}
sentinel down-after-milliseconds ${name} 1000
sentinel failover-timeout ${name} 3000
`,
  );
  const child = spawnEngine({
    command,
    args: [config, '--sentinel'],
    env: libraries ? { LD_LIBRARY_PATH: libraries } : {},
    stopSignal: 'SIGTERM',
    logFile: join(folder, `sentinel-${index}.log`),
  });
  return { port, child };
}

/** True if the Sentinel sees the replica and the other two. */
async function seesAll(port: number): Promise<boolean> {
  const sentinel = new Redis(port, { lazyConnect: true, retryStrategy: () => null });
  sentinel.on('error', () => {});
  try {
    await sentinel.connect();
    const [replicas, others] = await Promise.all(
      ['REPLICAS', 'SENTINELS'].map((what) => sentinel.call('SENTINEL', what, name) as Promise<unknown[]>),
    );
    return replicas?.length === 1 && others?.length === 2;
  } catch {
    return false;
  } finally {
    sentinel.disconnect();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Starts them; it takes about three seconds. */
export async function ownRedisSentinel(): Promise<OwnRedisSentinel> {
  const folder = await mkdtemp(join(tmpdir(), 'emulsion-redis-sentinel-'));
  const master = await startServer(folder, 0, []);
  const replica = await startServer(folder, 1, [`replicaof 127.0.0.1 ${master.port}`]);
  const sentinels = await Promise.all([0, 1, 2].map((index) => startSentinel(folder, index, master.port)));
  await until('the Sentinels know each other', async () =>
    (await Promise.all(sentinels.map(({ port }) => seesAll(port)))).every(Boolean),
  );
  return {
    url: `redis+sentinel://:${password}@${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${name}/1`,
    killMaster: () => end(master.child),
    async [Symbol.asyncDispose]() {
      await Promise.all([master, replica, ...sentinels].map(({ child }) => end(child)));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
