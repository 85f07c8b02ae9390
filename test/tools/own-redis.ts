/** A Redis of one's own, to stop, freeze and start again. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareRedis } from '../../scripts/embedded/redis.ts';
import { until } from './world.ts';

export type OwnRedis = {
  url: string;
  /** Starts it on the same port, with what it had kept, and waits until it serves. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** It goes on existing and says nothing any more. */
  freeze(): void;
  thaw(): void;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Starts a Redis that keeps its data over a restart. */
export async function ownRedis(): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'emulsion-redis-'));
  const logFile = join(folder, 'redis.log');
  const engine = await prepareRedis({ folder, logFile, password: 'test', isDurable: true });
  let child: ChildProcess | undefined;
  const redis: OwnRedis = {
    url: engine.url,
    async start() {
      child = engine.program.spawn();
      await until('Redis serves', () => engine.isReady().catch(() => false));
    },
    async stop() {
      if (!child) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      child.kill('SIGCONT');
      child = undefined;
      await ended;
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}
