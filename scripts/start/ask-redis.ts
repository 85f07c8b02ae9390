/** Asks a Redis that somebody else runs whether it can be used. */
import { Redis } from 'ioredis';
import { openLog } from '../../shared/log.ts';
import { type Redis as AnyRedis, openRedis, whenReady } from '../../shared/redis/index.ts';
import { parseRedisUrl } from '../../shared/redis/url.ts';

const timeoutMs = 5_000;

type Ask = (redis: AnyRedis) => Promise<unknown>;

/**
 * Asks one server, the master Sentinels name, or a cluster.
 *
 * @param ask what else it is asked
 * @throws what it objects to, or that it cannot be reached.
 */
export async function askRedis(url: string, ask: Ask = async () => {}): Promise<void> {
  if (parseRedisUrl(url).kind === 'server') await askServer(url, ask);
  else await askSeveral(url, ask);
}

async function askServer(url: string, ask: Ask): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
  });
  // What the server objects to (its password, the number of the database) comes as an event only.
  let objection: Error | undefined;
  redis.on('error', (error) => {
    objection ??= error;
  });
  try {
    await redis.connect();
    await redis.ping();
    if (objection) throw objection;
    if (/^cluster_enabled:1/m.test(await redis.info('cluster'))) {
      throw new Error('it is a node of a Redis Cluster, which is written redis+cluster://host:port');
    }
    await ask(redis);
  } catch (error) {
    throw objection ?? error;
  } finally {
    redis.disconnect();
  }
}

async function askSeveral(url: string, ask: Ask): Promise<void> {
  const redis = openRedis(url, 'request', openLog('start', 'silent'));
  const objection = new Promise<never>((_, reject) => {
    redis.on('error', (error: Error & { lastNodeError?: Error }) => reject(error.lastNodeError ?? error));
  });
  objection.catch(() => {});
  try {
    await Promise.race([whenReady(redis, timeoutMs), objection]);
    await ask(redis);
  } finally {
    redis.disconnect();
  }
}
