/** Cassandra: one node, for everything but what several nodes are for. */
import { join } from 'node:path';
import { prepareNode, provideCassandra } from './cassandra-node.ts';
import type { RealEngine } from './room.ts';

export const cassandra: RealEngine = {
  portOffset: 3,
  async start(room) {
    const program = await provideCassandra(room.signal);
    const address = '127.0.0.1';
    const port = await room.port('port', 0);
    const node = await prepareNode(program, {
      folder: join(room.folder, 'node'),
      name: 'cassandra',
      address,
      port,
      storagePort: await room.port('storage_port', 1),
      seed: address,
      token: '0',
      isForTests: room.isForTests ?? false,
    });
    await room.run(node);
    return { CASSANDRA_URL: `cassandra://${address}:${port}/emulsion?datacenter=datacenter1&replication=1` };
  },
};
