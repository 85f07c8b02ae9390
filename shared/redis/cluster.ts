/** Connections to a Redis Cluster: to each of its masters one, made when it is needed. */
import slotOf from 'cluster-key-slot';
import { Cluster, type Command, Redis, type RedisOptions } from 'ioredis';
import type { Log } from '../log.ts';
import { gatherWrites } from './gather.ts';
import type { HostPort, RedisAddress } from './url.ts';

export type ClusterAddress = Extract<RedisAddress, { kind: 'cluster' }>;

/**
 * Who serves which slots is asked this often. A redirect tells sooner; but a master that says nothing any more, and
 * was replaced meanwhile, redirects nobody.
 */
const refreshEveryMs = 5_000;
/** A node that is slower to tell is passed over for the next one. */
const refreshTimeoutMs = 1_000;
/** Redirects of one command: more than a key can move while it is looked for. */
const requestRedirects = 16;
/** Every 100 ms for half a minute: a failover takes the cluster's node timeout (15 s if nobody set it) and a little. */
const workerRedirects = 300;

/** How connections of one use are made; replies are mapped in the usual way. */
type NodeOptions = Omit<RedisOptions, 'replyMapping'>;

function accessTo({ username, password, isTls }: ClusterAddress): NodeOptions {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(isTls ? { tls: {} } : {}),
  };
}

/** ioredis would let commands wait until the cluster is known. */
class ImpatientCluster extends Cluster {
  override sendCommand(
    command: Command,
    stream?: Parameters<Cluster['sendCommand']>[1],
    node?: unknown,
  ): unknown {
    if (this.status !== 'ready' && command.name !== 'cluster') {
      command.reject(new Error('Connection is closed.'));
      return command.promise;
    }
    return super.sendCommand(command, stream, node);
  }
}

/**
 * Opens a cluster. Commands of a request fail at once when the master of their slot is away, until its replica has
 * taken over; those of a worker wait for that.
 */
export function openCluster(
  address: ClusterAddress,
  use: 'request' | 'worker',
  common: NodeOptions,
): Cluster {
  const isRequest = use === 'request';
  const cluster = new (isRequest ? ImpatientCluster : Cluster)(address.nodes, {
    redisOptions: { ...common, ...accessTo(address) },
    slotsRefreshInterval: refreshEveryMs,
    slotsRefreshTimeout: refreshTimeoutMs,
    clusterRetryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 2_000),
    maxRedirections: isRequest ? requestRedirects : workerRedirects,
    ...(isRequest ? { retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 } : {}),
    // The certificate of a node is for its name, not for the address behind it.
    ...(address.isTls ? { dnsLookup: (name, reply) => reply(null, name) } : {}),
  });
  if (isRequest) cluster.on('+node', gatherWrites);
  return cluster;
}

/**
 * Opens a connection that listens: to one node, and if that leaves to the next. What is published on one node of a
 * cluster is heard on all of them.
 */
export function openClusterSubscriber(address: ClusterAddress, common: NodeOptions, log: Log): Redis {
  let known: HostPort[] = address.nodes;
  let at = Math.floor(Math.random() * known.length);
  const redis = new Redis({
    ...common,
    ...accessTo(address),
    ...known[at],
    retryStrategy: (attempt) => {
      at = (at + 1) % known.length;
      Object.assign(redis.options, known[at]);
      // The others are tried at once; when all are away there is time.
      return attempt <= known.length ? 10 : Math.min(50 * 2 ** (attempt - known.length), 2_000);
    },
  });
  redis.on('ready', () => {
    nodesKnownTo({ ...redis.options, ...common, ...accessTo(address) }).then(
      (nodes) => {
        if (nodes.length > 0) known = nodes;
      },
      (error: Error) => log.debug({ error: error.message }, 'the nodes of a cluster were not told'),
    );
  });
  return redis;
}

/** Asks a node for all that hold slots, on a connection of its own: one that listens may have to say nothing else. */
async function nodesKnownTo(options: RedisOptions): Promise<HostPort[]> {
  const redis = new Redis({ ...options, lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    const ranges = await redis.cluster('SLOTS');
    const names = new Map<string, HostPort>();
    for (const [, , ...nodes] of ranges) {
      // A node that does not know its own name is where it was asked.
      for (const [host, port] of nodes) {
        const known = { host: host || (options.host as string), port };
        names.set(`${known.host}:${known.port}`, known);
      }
    }
    return [...names.values()];
  } finally {
    redis.disconnect();
  }
}

/** The name of the master that serves a key, as far as is known: `host:port`. */
function masterNameOf(cluster: Cluster, key: string): string | undefined {
  return cluster.slots[slotOf(key)]?.[0];
}

/** The connection to the master that serves a key; undefined while that is away. */
export function masterOf(cluster: Cluster, key: string): Redis | undefined {
  const name = masterNameOf(cluster, key);
  return cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === name);
}

/**
 * Keys of which each master serves one, also a master that is away.
 *
 * @param name what they begin with
 */
export function keyOnEveryMaster(cluster: Cluster, name: string): string[] {
  const owners = new Set(cluster.slots.flatMap((nodes) => nodes?.[0] ?? []));
  const keys = new Map<string, string>();
  // Each master has at least one of the 16,384 slots; with three, a few numbers do.
  for (let number = 0; keys.size < owners.size && number < 200_000; number += 1) {
    const key = `${name}:${number}`;
    const owner = masterNameOf(cluster, key);
    if (owner !== undefined && !keys.has(owner)) keys.set(owner, key);
  }
  return [...keys.values()];
}
