/** The database: a pool of Postgres connections with Kysely over it. Only in this folder is `pg` imported. */
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { Log } from '../log.ts';
import { Connection, endWithClient, openProbe, type Patience } from './connection.ts';
import type { Schema } from './schema.ts';

/** Where a query runs: the pool, or a transaction on one of its connections. */
export type Db = Kysely<Schema>;
export type Tx = Transaction<Schema>;

/** As long as most jobs that take long may take. */
const patient: Patience = { silenceMs: 5_000, longestMs: 300_000 };

const int8 = 20;

/** Counts and ids stay far below 2^53, so BIGINT is read as a number. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8
      ? Number
      : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
};

/**
 * Opens the pool.
 *
 * @param connections the most it opens; a query waits at most 5 s for one
 * @param patience how long an answer may take before its query fails as if Postgres had gone
 */
export function openDatabase(
  url: string,
  connections: number,
  log: Log,
  patience: Partial<Patience> = {},
): { db: Db; pool: pg.Pool } {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    Client: Connection as unknown as new (config?: string | pg.ClientConfig) => pg.ClientBase,
    patience: { ...patient, ...patience },
    isThere: openProbe(url),
    onConnect: endWithClient,
    types,
  } as pg.PoolConfig);
  // An idle connection that Postgres closes (a restart) is no failure of any request.
  pool.on('error', (error) => log.warn({ error: error.message }, 'an idle Postgres connection was lost'));
  // One that is lost in use fails the query that runs on it; without a listener it would end the process as well.
  pool.on('connect', (client) => client.on('error', () => {}));
  return { db: new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) }), pool };
}

/** SQLSTATEs that say the server cannot serve now: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const unavailable = new Set([
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
]);

/** True if the error says that Postgres could not be reached, so that a retry may succeed. */
export function isDatabaseDown(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    unavailable.has(code) ||
    /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|not queryable/.test(error.message)
  );
}

/**
 * True if the error says that a row referred to is not there (any more): by the named foreign key, or by any
 * when none is named.
 */
export function isDangling(error: unknown, constraint?: string): boolean {
  return (
    error instanceof pg.DatabaseError &&
    error.code === '23503' &&
    (constraint === undefined || error.constraint === constraint)
  );
}

/** True if the error is a violation of the named unique constraint, or of any when none is named. */
export function isDuplicate(error: unknown, constraint?: string): boolean {
  return (
    error instanceof pg.DatabaseError &&
    error.code === '23505' &&
    (constraint === undefined || error.constraint === constraint)
  );
}

/** True if transactions waited for each other in a circle, and Postgres ended this one. */
export function isDeadlock(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '40P01';
}
