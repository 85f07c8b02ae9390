/** Redis twice: a server for queues, which keeps everything, and one for caches, which forgets what is old. */
import { join } from 'node:path';
import { prepareRedis } from '../embedded/redis.ts';
import type { RealEngine, Room } from './room.ts';

async function startServer(room: Room, name: string, index: number, settings: string[]): Promise<string> {
  const engine = await prepareRedis({
    name: `redis-${name}`,
    folder: join(room.folder, name),
    logFile: join(room.folder, `${name}.log`),
    password: room.secret('password'),
    preferredPort: await room.port(`${name}_port`, index),
    isDurable: true,
    settings,
  });
  await room.run(engine);
  return engine.url;
}

export const redis: RealEngine = {
  portOffset: 6,
  async start(room) {
    const [queue, cache] = [
      await startServer(room, 'queue', 0, ['maxmemory 512mb', 'maxmemory-policy noeviction']),
      // What is in a cache can be made again, so nothing waits for the disk.
      await startServer(room, 'cache', 1, [
        'maxmemory 512mb',
        'maxmemory-policy allkeys-lru',
        'appendonly no',
      ]),
    ];
    return { QUEUE_REDIS_URL: queue, CACHE_REDIS_URL: cache };
  },
};
