/** Whether a Redis can do what it is wanted for. */
import { keyOnEveryMaster } from './cluster.ts';
import { isCluster, type Redis, type Server } from './index.ts';

function mastersOf(redis: Redis): Server[] {
  return isCluster(redis) ? redis.nodes('master') : [redis];
}

/**
 * Queues must never lose a key to memory pressure. Every master of a cluster is asked.
 *
 * @throws if a server evicts, saying what to type.
 */
export async function refuseEviction(redis: Redis): Promise<void> {
  await Promise.all(
    mastersOf(redis).map(async (master) => {
      // INFO, because those who run Redis for others keep CONFIG to themselves.
      const policy = /^maxmemory_policy:(\S+)/m.exec(await master.info('memory'))?.[1];
      if (!policy || policy === 'noeviction') return;
      const { host, port } = master.options;
      throw new Error(
        `QUEUE_REDIS_URL points to a Redis that evicts keys (maxmemory-policy ${policy}), which loses jobs: ` +
          `type "redis-cli ${isCluster(redis) ? `-h ${host} -p ${port} ` : ''}config set maxmemory-policy noeviction" ` +
          'and put the same line into its redis.conf',
      );
    }),
  );
}

/**
 * Writes, to every master of a cluster: a replica, a full memory or a disk that cannot be written answer PING and
 * refuse this.
 *
 * @param key what is written for a moment; on a cluster numbers follow it
 */
export async function writeProbe(redis: Redis, key: string, lifetimeMs: number): Promise<void> {
  const keys = isCluster(redis) ? keyOnEveryMaster(redis, key) : [key];
  if (keys.length === 0) throw new Error('CLUSTERDOWN nobody serves a slot');
  await Promise.all(keys.map((each) => redis.set(each, 1, 'PX', lifetimeMs)));
}
