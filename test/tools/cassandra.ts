/** A keyspace of one's own on the test server. */
import { randomUUID } from 'node:crypto';
import { Client, policies } from 'cassandra-driver';
import { parseCassandraUrl } from '../../shared/stories/cassandra-url.ts';

export type TestKeyspace = {
  /** What CASSANDRA_URL has to be; whoever opens it first makes the keyspace. */
  url: string;
  keyspace: string;
  /** Runs a statement beside the store. */
  run(statement: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Names a keyspace; disposing of it drops it, whoever is still connected. */
export async function testKeyspace(): Promise<TestKeyspace> {
  const server = process.env.TEST_CASSANDRA_URL;
  if (!server) throw new Error('TEST_CASSANDRA_URL is not set');
  const { contactPoints, datacenter, credentials, keyspace: given } = parseCassandraUrl(server);
  const keyspace = `test_${randomUUID().replaceAll('-', '')}`;
  const client = new Client({
    contactPoints,
    localDataCenter: datacenter,
    ...(credentials ? { credentials } : {}),
    // Tests may stop the server meanwhile.
    policies: { reconnection: new policies.reconnection.ConstantReconnectionPolicy(500) },
    // Dropping a keyspace may take a while on a busy machine.
    socketOptions: { readTimeout: 30_000 },
  });
  await client.connect();
  return {
    url: server.replace(`/${given}`, `/${keyspace}`),
    keyspace,
    run: async (statement, values = []) => (await client.execute(statement, values, { prepare: true })).rows,
    async [Symbol.asyncDispose]() {
      await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
      await client.shutdown();
    },
  };
}
