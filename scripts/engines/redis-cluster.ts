/** A Redis Cluster: three masters, each with a replica that takes its place when it dies. */
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { prepareRedis } from '../embedded/redis.ts';
import { PlainError } from '../plain-error.ts';
import type { RealEngine, Room } from './room.ts';

const masters = 3;
const nodes = 2 * masters;
/** https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ */
const slots = 16_384;
/** The port on which nodes talk to each other is this far from the one for clients. */
const busOffset = 10_000;
/**
 * A node that is silent for this long is taken for dead, and its replica is elected within another second. On a
 * machine that is busy with tests a process may have to wait longer than that for its turn.
 */
const nodeTimeoutMs = 2_000;
const nodeTimeoutInTestsMs = 30_000;
const patienceMs = 60_000;

async function startNode(room: Room, index: number): Promise<{ port: number; url: string }> {
  const name = `node-${index + 1}`;
  const password = room.secret('password');
  const engine = await prepareRedis({
    name: `redis-cluster-${index + 1}`,
    folder: join(room.folder, name),
    logFile: join(room.folder, `${name}.log`),
    password,
    preferredPort: await room.port(`${name}_port`, index, [{ host: '127.0.0.1', plus: busOffset }]),
    isDurable: !room.isForTests,
    settings: [
      'databases 1',
      'maxmemory 512mb',
      'cluster-enabled yes',
      `cluster-config-file ${JSON.stringify(join(room.folder, name, 'nodes.conf'))}`,
      `cluster-node-timeout ${room.isForTests ? nodeTimeoutInTestsMs : nodeTimeoutMs}`,
      'cluster-announce-ip 127.0.0.1',
      // A replica takes over however long it has been without its master: what there is is better than nothing.
      'cluster-replica-validity-factor 0',
      'repl-diskless-sync-delay 0',
      `masterauth ${JSON.stringify(password)}`,
    ],
  });
  await room.run(engine);
  return { port: engine.port, url: engine.url };
}

/** Asks until the answer is yes. */
async function until(what: string, signal: AbortSignal, ask: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await ask())) {
    signal.throwIfAborted();
    if (performance.now() > deadline)
      throw new PlainError(`Redis Cluster: ${what}, but did not within a minute.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const infoOf = async (node: Redis, name: string) =>
  new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(String(await node.call('CLUSTER', 'INFO')))?.[1];

/** Gives the slots to the masters and each master its replica: once, since the nodes remember. */
async function layOut(members: Redis[], signal: AbortSignal): Promise<void> {
  const ids = await Promise.all(members.map(async (node) => String(await node.call('CLUSTER', 'MYID'))));
  const border = (index: number) => Math.round((slots * index) / masters);
  for (const [index, node] of members.slice(0, masters).entries()) {
    const own = Array.from({ length: border(index + 1) - border(index) }, (_, slot) => border(index) + slot);
    await node.call('CLUSTER', 'ADDSLOTS', ...own);
  }
  for (const [index, node] of members.slice(masters).entries()) {
    const master = ids[index] as string;
    const knows = async () => String(await node.call('CLUSTER', 'NODES')).includes(master);
    await until('every node knows every other', signal, knows);
    await node.call('CLUSTER', 'REPLICATE', master);
  }
}

/** All nodes agree that every slot is served, and every replica has what its master has. */
async function isWhole(members: Redis[]): Promise<boolean> {
  const states = await Promise.all(
    members.map(async (node) => {
      const [state, size, known] = [
        await infoOf(node, 'cluster_state'),
        await infoOf(node, 'cluster_size'),
        await infoOf(node, 'cluster_known_nodes'),
      ];
      const replication = await node.info('replication');
      const isFollowing = /role:master/.test(replication) || /master_link_status:up/.test(replication);
      return state === 'ok' && size === String(masters) && known === String(nodes) && isFollowing;
    }),
  );
  return states.every(Boolean);
}

export const redisCluster: RealEngine = {
  portOffset: 10,
  async start(room) {
    const password = room.secret('password');
    const started: { port: number; url: string }[] = [];
    for (let index = 0; index < nodes; index += 1) started.push(await startNode(room, index));
    const members = started.map(({ url }) => new Redis(url, { maxRetriesPerRequest: null }));
    for (const node of members) node.on('error', () => {});
    try {
      const isNew = (await infoOf(members[0] as Redis, 'cluster_slots_assigned')) === '0';
      // Also after a restart: a node whose port is another one is found again by this.
      for (const node of members.slice(1))
        await node.call('CLUSTER', 'MEET', '127.0.0.1', String(started[0]?.port));
      if (isNew) await layOut(members, room.signal);
      await until('its nodes come together', room.signal, () => isWhole(members));
    } finally {
      for (const node of members) node.disconnect();
    }
    const hosts = started.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const url = `redis+cluster://:${password}@${hosts}`;
    return { QUEUE_REDIS_URL: url, CACHE_REDIS_URL: url };
  },
};
