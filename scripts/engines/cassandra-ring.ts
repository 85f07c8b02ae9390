/** Cassandra as a ring of three nodes, each with a copy of everything: one may die and QUORUM still holds. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'cassandra-driver';
import { PlainError } from '../plain-error.ts';
import { prepareNode, provideCassandra } from './cassandra-node.ts';
import type { RealEngine } from './room.ts';

const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;
const patienceMs = 60_000;

/** Three tokens with the same distance between them, on a ring from -2^63 to 2^63 - 1. */
const tokens = addresses.map((_, index) =>
  String((2n ** 64n / BigInt(addresses.length)) * BigInt(index) - 2n ** 63n),
);

/** True if the node at this address answers and knows the others. */
async function knowsAll(address: string, port: number): Promise<boolean> {
  const client = new Client({ contactPoints: [`${address}:${port}`], localDataCenter: 'datacenter1' });
  try {
    await client.connect();
    const { rowLength } = await client.execute('SELECT host_id, tokens FROM system.peers_v2');
    return rowLength === addresses.length - 1;
  } catch {
    return false;
  } finally {
    await client.shutdown();
  }
}

async function untilWhole(port: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    signal.throwIfAborted();
    const answers = await Promise.all(addresses.map((address) => knowsAll(address, port)));
    if (answers.every(Boolean)) return;
    if (performance.now() > deadline) throw new PlainError('The Cassandra nodes do not find each other.');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export const cassandraRing: RealEngine = {
  portOffset: 20,
  async start(room) {
    const program = await provideCassandra(room.signal);
    const others = addresses.slice(1).map((host) => ({ host, plus: 0 }));
    const port = await room.port('port', 0, others);
    const storagePort = await room.port('storage_port', 1, others);
    const formedFile = join(room.folder, 'formed');
    const isNew = !existsSync(formedFile);
    // Nobody was told of a ring that was never whole; its nodes would wait for each other one by one.
    const folderOf = (index: number) => join(room.folder, `node-${index + 1}`);
    if (isNew)
      for (const index of addresses.keys()) rmSync(folderOf(index), { recursive: true, force: true });
    const nodes = await Promise.all(
      addresses.map((address, index) =>
        prepareNode(program, {
          folder: folderOf(index),
          name: `cassandra-${index + 1}`,
          address,
          port,
          storagePort,
          seed: addresses[0],
          token: tokens[index] as string,
        }),
      ),
    );
    // Two nodes that join a ring at the same time refuse each other; nodes that know each other wait for each other.
    if (isNew) for (const node of nodes) await room.run(node);
    else await Promise.all(nodes.map((node) => room.run(node)));
    await untilWhole(port, room.signal);
    writeFileSync(formedFile, '');
    const hosts = addresses.map((address) => `${address}:${port}`).join(',');
    return { CASSANDRA_URL: `cassandra://${hosts}/emulsion?datacenter=datacenter1&replication=3` };
  },
};
