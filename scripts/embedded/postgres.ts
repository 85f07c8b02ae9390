/** The embedded Postgres: the server that npm carries, on 127.0.0.1 only. */
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import type { EmbeddedEngine } from './engine.ts';
import { endLeftover } from './leftover.ts';
import { placeData } from './place.ts';
import { freePort } from './port.ts';
import { findPostgres, postgresRefusesRoot } from './postgres-binaries.ts';
import { copyCluster, ensureCluster, owner } from './postgres-cluster.ts';
import { chooseRunAs } from './run-as.ts';
import { spawnEngine } from './spawn-engine.ts';

export type PostgresOptions = {
  /** Where it keeps its data; made if absent. */
  folder: string;
  /** Used if it is free; else, or if there is none, another one is. */
  preferredPort?: number;
  logFile: string;
} & (
  | { isDurable: true; password: string }
  /** For tests: a copy of a ready-made cluster, whose password is its own, and nothing waits for the disk. */
  | { isDurable: false }
);

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  // There is no replica to feed, so the log need not hold more than a restart wants.
  wal_level: 'minimal',
  max_wal_senders: '0',
  log_checkpoints: 'off',
};

/** A test's data may be lost with the machine. */
const carelessSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
};

async function query(url: string, sql: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // The server may end while we talk to it; the query tells.
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Makes everything ready to run Postgres: makes the cluster if there is none and ends a server that a
 * killed supervisor left. The engine's URL is that of the superuser, to the database `postgres`.
 *
 * @throws {PlainError} if Postgres cannot run here.
 */
export async function preparePostgres(options: PostgresOptions): Promise<EmbeddedEngine> {
  const { folder, logFile } = options;
  const runAs = chooseRunAs(folder, postgresRefusesRoot);
  const binaries = await findPostgres(runAs);
  const data = placeData(runAs, folder, 'postgres', postgresRefusesRoot);
  let password: string;
  if (options.isDurable) {
    password = options.password;
    ensureCluster(binaries, runAs, data, password);
  } else password = await copyCluster(binaries, runAs, data);
  // Fast shutdown first, then one without a checkpoint: https://www.postgresql.org/docs/18/server-shutdown.html
  await endLeftover(join(data, 'postmaster.pid'), data, ['SIGINT', 'SIGQUIT', 'SIGKILL']);
  const port = await freePort(options.preferredPort);
  const all = { ...settings, ...(options.isDurable ? {} : carelessSettings) };
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const stopSignal = 'SIGINT';
  const url = `postgres://${owner}:${password}@127.0.0.1:${port}/postgres`;
  return {
    url,
    port,
    logFile,
    program: {
      name: 'postgres',
      stopSignal,
      killSignal: 'SIGQUIT',
      spawn: () =>
        spawnEngine({
          command: binaries.postgres,
          args: ['-D', data, '-p', String(port), ...args],
          runAs,
          stopSignal,
          logFile,
        }),
    },
    isReady: async () => (await query(url, 'select 1')).length === 1,
  };
}

/**
 * Creates the database unless it exists.
 *
 * @param serverUrl as `preparePostgres` gives it
 * @returns the URL of that database
 */
export async function ensureDatabase(serverUrl: string, name: string): Promise<string> {
  const found = await query(serverUrl, 'select 1 from pg_database where datname = $1', [name]);
  if (found.length === 0) await query(serverUrl, `create database ${escapeIdentifier(name)}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
