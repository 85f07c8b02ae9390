/**
 * The keyspace and the tables of stories in Cassandra, made if they are missing.
 *
 * Decision 15 says why they are as they are.
 */
import type { Client } from 'cassandra-driver';
import type { CassandraAddress } from './cassandra-url.ts';
import { keptAfterExpiryS } from './index.ts';

/** Windows that the rows of one table are spread over: 20 to 30 are what TimeWindowCompaction is made for. */
const compactionWindows = 30;

/** A busy cluster takes its time to make a table. */
const statementWithinMs = 30_000;

const tables = ['stories', 'story_views', 'story_views_by_viewer'] as const;

/**
 * Whether keyspace and tables are there.
 *
 * @throws whatever the driver throws.
 */
export async function hasSchema(client: Client, { keyspace }: CassandraAddress): Promise<boolean> {
  const { rows } = await client.execute(
    'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?',
    [keyspace],
    { prepare: true, isIdempotent: true },
  );
  const found = new Set(rows.map((row) => row.get('table_name') as string));
  return tables.every((table) => found.has(table));
}

/**
 * Makes what is missing and waits until all nodes know it. Only one process at a time may do this: Cassandra gives a
 * table that two nodes make at once two identities, and one of them loses its rows.
 *
 * @param lifetimeS how long stories live, in seconds
 * @throws if the nodes do not agree in time, and whatever the driver throws.
 */
export async function makeSchema(
  client: Client,
  address: CassandraAddress,
  lifetimeS: number,
): Promise<void> {
  for (const statement of statementsFor(address, lifetimeS)) {
    const { info } = await client.execute(statement, [], { readTimeout: statementWithinMs });
    if (!isAgreed(info)) throw new Error('the nodes did not agree on the tables in time');
  }
}

/** The statements that make keyspace and tables, for stories that live so many seconds. */
export function statementsFor(
  { keyspace, datacenter, replication }: CassandraAddress,
  lifetimeS: number,
): string[] {
  const keptS = lifetimeS + keptAfterExpiryS;
  // What a delete did not reach on a node that was away has lapsed there by itself before the others forget the delete:
  // nothing comes back, however long the node was away and whether anything was repaired.
  const options = `default_time_to_live = ${keptS} AND gc_grace_seconds = ${keptS}
    AND compaction = {'class': 'TimeWindowCompactionStrategy', ${windowFor(keptS)}}`;
  return [
    `CREATE KEYSPACE IF NOT EXISTS ${keyspace}
      WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': ${replication}}`,
    `CREATE TABLE IF NOT EXISTS ${keyspace}.stories (
      user_id text, story_id text, media_type text, media_url text, thumbnail_url text,
      duration_seconds int, created_at timestamp, expires_at timestamp,
      PRIMARY KEY (user_id, story_id)
    ) WITH CLUSTERING ORDER BY (story_id DESC) AND ${options}`,
    `CREATE TABLE IF NOT EXISTS ${keyspace}.story_views (
      story_id text, viewer_id text, viewed_at timestamp,
      PRIMARY KEY (story_id, viewer_id)
    ) WITH ${options}`,
    `CREATE TABLE IF NOT EXISTS ${keyspace}.story_views_by_viewer (
      viewer_id text, story_id text,
      PRIMARY KEY (viewer_id, story_id)
    ) WITH CLUSTERING ORDER BY (story_id DESC) AND ${options}`,
  ];
}

/** The compaction window for rows that are kept so many seconds, in the largest unit that fits. */
function windowFor(keptS: number): string {
  const minutes = Math.ceil(keptS / compactionWindows / 60);
  const [unit, size] = minutes < 60 ? ['MINUTES', minutes] : ['HOURS', Math.ceil(minutes / 60)];
  return `'compaction_window_unit': '${unit}', 'compaction_window_size': ${size}`;
}

/** The driver says it, its types do not. */
function isAgreed(info: object): boolean {
  return 'isSchemaInAgreement' in info && info.isSchemaInAgreement === true;
}
