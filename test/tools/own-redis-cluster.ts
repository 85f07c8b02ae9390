/** A Redis Cluster of one's own, three masters with a replica each, to kill and freeze nodes of. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../../scripts/embedded/port.ts';
import { prepareRedis } from '../../scripts/embedded/redis.ts';
import { until } from './world.ts';

const masters = 3;
const slots = 16_384;
const password = 'test';
/** A node that is silent for so long is replaced: short, so that the test is. */
const nodeTimeoutMs = 1_000;

export type Node = {
  port: number;
  /** A connection to it alone. */
  redis: Redis;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
};

export type OwnRedisCluster = {
  url: string;
  nodes: Node[];
  /** The node that is master of the key's slot by now, as its fellows say. */
  masterOf(key: string): Promise<Node>;
  replicaOf(master: Node): Promise<Node>;
  /** Waits until a replica has taken over from a node that was killed. */
  takenOver(from: Node): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

type Member = Node & { busPort: number; child: ChildProcess; isAlive: boolean };

async function startNode(folder: string, index: number): Promise<Member> {
  const busPort = await freePort();
  const own = join(folder, `node-${index}`);
  const engine = await prepareRedis({
    folder: own,
    logFile: join(folder, `node-${index}.log`),
    password,
    isDurable: true,
    settings: [
      'databases 1',
      'cluster-enabled yes',
      `cluster-port ${busPort}`,
      `cluster-config-file ${JSON.stringify(join(own, 'nodes.conf'))}`,
      `cluster-node-timeout ${nodeTimeoutMs}`,
      'cluster-replica-validity-factor 0',
      'repl-diskless-sync-delay 0',
      `masterauth ${password}`,
    ],
  });
  const child = engine.program.spawn();
  await until('a node serves', () => engine.isReady().catch(() => false));
  const redis = new Redis(engine.url, { maxRetriesPerRequest: 0, retryStrategy: () => 100 });
  redis.on('error', () => {});
  const member: Member = {
    port: engine.port,
    busPort,
    child,
    redis,
    isAlive: true,
    async kill() {
      if (!member.isAlive) return;
      member.isAlive = false;
      redis.disconnect();
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
  return member;
}

/** Makes them know each other, and gives out slots and replicas. */
async function layOut(members: Member[]): Promise<void> {
  const [first] = members as [Member];
  for (const { redis } of members.slice(1)) {
    await redis.call('CLUSTER', 'MEET', '127.0.0.1', first.port, first.busPort);
  }
  const border = (index: number) => Math.round((slots * index) / masters);
  for (const [index, { redis }] of members.slice(0, masters).entries()) {
    await redis.call('CLUSTER', 'ADDSLOTSRANGE', border(index), border(index + 1) - 1);
  }
  for (const [index, { redis }] of members.slice(masters).entries()) {
    const id = String(await members[index]?.redis.call('CLUSTER', 'MYID'));
    await until('the nodes know each other', async () =>
      String(await redis.call('CLUSTER', 'NODES')).includes(id),
    );
    await redis.call('CLUSTER', 'REPLICATE', id);
  }
}

async function isWhole({ redis }: Member): Promise<boolean> {
  const info = String(await redis.call('CLUSTER', 'INFO'));
  const replication = await redis.info('replication');
  return (
    info.includes('cluster_state:ok') &&
    info.includes(`cluster_size:${masters}`) &&
    info.includes(`cluster_known_nodes:${2 * masters}`) &&
    /role:master[\s\S]*connected_slaves:1|master_link_status:up/.test(replication)
  );
}

/** Starts one; it takes about three seconds. */
export async function ownRedisCluster(): Promise<OwnRedisCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'emulsion-redis-cluster-'));
  const members: Member[] = [];
  const cluster: OwnRedisCluster = {
    get url() {
      return `redis+cluster://:${password}@${members.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
    },
    nodes: members,
    async masterOf(key) {
      const asked = members.find(({ isAlive }) => isAlive) as Member;
      const slot = Number(await asked.redis.call('CLUSTER', 'KEYSLOT', key));
      const ranges = (await asked.redis.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
      const range = ranges.find(([from, to]) => from <= slot && slot <= to);
      return members.find(({ port }) => port === range?.[2][1]) as Node;
    },
    async replicaOf(master) {
      const info = await master.redis.info('replication');
      const port = Number(/^slave0:.*port=(\d+)/m.exec(info)?.[1]);
      return members.find((member) => member.port === port) as Node;
    },
    async takenOver(from) {
      await until('every slot is served again', async () => {
        const alive = members.filter(({ isAlive }) => isAlive);
        const states = await Promise.all(
          alive.map(async ({ redis }) => {
            const [info, ranges] = await Promise.all([
              redis.call('CLUSTER', 'INFO'),
              redis.call('CLUSTER', 'SLOTS') as Promise<[number, number, [string, number]][]>,
            ]);
            const isServed = ranges.every(([, , [, port]]) => port !== from.port);
            return String(info).includes('cluster_state:ok') && isServed;
          }),
        );
        return states.every(Boolean);
      });
    },
    async [Symbol.asyncDispose]() {
      for (const member of members) member.thaw();
      await Promise.all(members.map((member) => member.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    for (let index = 0; index < 2 * masters; index += 1) members.push(await startNode(folder, index));
    await layOut(members);
    await until('the cluster is whole', async () => (await Promise.all(members.map(isWhole))).every(Boolean));
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}
