/** Connections to Redis, and scripts that run in it. Only in this folder is ioredis imported. */
import { createHash } from 'node:crypto';
import { type Cluster, type RedisOptions, Redis as Server } from 'ioredis';
import type { Log } from '../log.ts';
import { openCluster, openClusterSubscriber } from './cluster.ts';
import { gatherWrites } from './gather.ts';
import { hostsIn, parseRedisUrl, type RedisAddress } from './url.ts';

export type { Redis as Server } from 'ioredis';

/** One server, be it one that Sentinels name, or a cluster. Commands are sent to both alike. */
export type Redis = Server | Cluster;

/**
 * How a connection is used decides what it does while Redis is away: `request` fails at once, so that the
 * client gets its 503; `worker` waits and takes up its work again.
 */
type Use = 'request' | 'worker';

/** A Redis that is silent for so long is as good as away; nothing a request asks takes a tenth of it. */
const answerWithinMs = 5_000;
const connectTimeoutMs = 5_000;

const retryStrategy = (attempt: number) => Math.min(50 * 2 ** attempt, 2_000);

/** True for a cluster: keys of one command must lie in one slot, and a node alone has only some of them. */
export function isCluster(redis: Redis): redis is Cluster {
  return redis.isCluster;
}

/** Opens a connection; it reconnects by itself, within 2 s of Redis being back. */
export function openRedis(url: string, use: Use, log: Log): Redis {
  const common = {
    connectTimeout: connectTimeoutMs,
    maxRetriesPerRequest: use === 'request' ? 0 : null,
    ...(use === 'request' ? { commandTimeout: answerWithinMs } : {}),
  } satisfies RedisOptions;
  const address = parseRedisUrl(url);
  if (address.kind === 'cluster') {
    const cluster = openCluster(address, use, common);
    // A node that is away is an outage of its slots.
    cluster.on('node error', (error: Error) =>
      log.debug({ error: error.message }, 'a node of Redis is away'),
    );
    tellOfOutages(cluster, url, use, log);
    return cluster;
  }
  const redis = openServer(address, { ...common, enableOfflineQueue: use !== 'request' });
  if (use === 'request') gatherWrites(redis);
  tellOfOutages(redis, url, use, log);
  return redis;
}

/** Opens a connection that listens to channels; on a cluster it moves to another node when its own is away. */
export function openSubscriber(url: string, log: Log): Server {
  const common = { connectTimeout: connectTimeoutMs, maxRetriesPerRequest: null } satisfies RedisOptions;
  const address = parseRedisUrl(url);
  const redis =
    address.kind === 'cluster'
      ? openClusterSubscriber(address, common, log)
      : openServer(address, { ...common, enableOfflineQueue: true });
  tellOfOutages(redis, url, 'subscriber', log);
  return redis;
}

function openServer(address: Exclude<RedisAddress, { kind: 'cluster' }>, common: RedisOptions): Server {
  if (address.kind === 'server') return new Server(address.url, { ...common, retryStrategy });
  const { sentinels, masterName, database, username, password, isTls } = address;
  return new Server({
    ...common,
    retryStrategy,
    sentinelRetryStrategy: retryStrategy,
    sentinels,
    name: masterName,
    db: database,
    ...(username === undefined ? {} : { username }),
    // Sentinels that want none take any: their default user has none.
    ...(password === undefined ? {} : { password, sentinelPassword: password }),
    ...(isTls ? { tls: {}, enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    // A master that says nothing any more does not end its connections: the Sentinels tell who took over.
    failoverDetector: true,
    // It is a replica by now; the new connection goes to the master.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
}

/** Said once per outage, not once per attempt. */
function tellOfOutages(redis: Redis, url: string, use: Use | 'subscriber', log: Log): void {
  const server = hostsIn(url);
  let away = false;
  redis.on('error', (error: Error) => {
    if (!away) log.warn({ error: error.message, use, server }, 'Redis is away');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info({ use, server }, 'Redis is back');
    away = false;
  });
}

/** Resolves when the connection can be used; rejects after `timeoutMs`, saying what the last attempt failed by. */
export async function whenReady(redis: Redis, timeoutMs = 10_000): Promise<void> {
  if (redis.status === 'ready') return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let reason = '';
  const note = (error: Error) => {
    reason = `: ${error.message}`;
  };
  const timer = setTimeout(() => reject(new Error(`Redis did not answer in time${reason}`)), timeoutMs);
  redis.on('error', note).once('ready', resolve);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    redis.off('error', note).off('ready', resolve);
  }
}

/** A script with its keys and arguments; the keys are in one cluster slot. */
export type Script<Reply> = (
  redis: Redis,
  keys: readonly string[],
  values: readonly (string | number)[],
) => Promise<Reply>;

/** The hashes of scripts whose keys may lie anywhere on one server, and are grouped by slot for a cluster. */
export const spreadScripts = new Set<string>();

/**
 * Prepares a Lua script: sent by its hash, in full only to a server that does not know it yet.
 *
 * @param options.isSpread it is sent by `spreadScript`, which knows which keys go together
 */
export function script<Reply>(lua: string, { isSpread = false }: { isSpread?: boolean } = {}): Script<Reply> {
  const sha = createHash('sha1').update(lua).digest('hex');
  if (isSpread) spreadScripts.add(sha).add(lua);
  return async (redis, keys, values) => {
    try {
      return (await redis.evalsha(sha, keys.length, ...keys, ...values)) as Reply;
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return (await redis.eval(lua, keys.length, ...keys, ...values)) as Reply;
    }
  };
}

/** What Redis, or ioredis in its place, says when it cannot be reached or is no master at this moment. */
const awayMessages = [
  'Connection is closed',
  'Command aborted due to connection close',
  "Stream isn't writeable",
  'ECONNREFUSED|ECONNRESET|EPIPE',
  'max retries per request',
  'Command timed out',
  'LOADING|MASTERDOWN|READONLY|UNBLOCKED',
  'All sentinels are unreachable',
  // Of a cluster: a part of it has no master, a slot moves, nobody answers.
  'CLUSTERDOWN|TRYAGAIN|Too many Cluster redirections',
  'None of startup nodes is available|Failed to refresh slots cache|Cluster is ended',
];
const away = new RegExp(awayMessages.join('|'));

/** True if the error says that Redis could not be reached, so that a retry may succeed. */
export function isRedisDown(error: unknown): boolean {
  return error instanceof Error && away.test(error.message);
}
