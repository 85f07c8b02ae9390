/** The database: a pool of Postgres connections with Kysely over it. Only here is `pg` imported. */
import { createHash } from 'node:crypto';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { Log } from '../log.ts';
import type { Schema } from './schema.ts';

/** Where a query runs: the pool, or a transaction on one of its connections. */
export type Db = Kysely<Schema>;
export type Tx = Transaction<Schema>;

/** Nobody waits longer for one answer, unless told otherwise: less than a job may take, so that it learns what it fails by. */
const longestAnswerMs = 20_000;

/** How often Postgres looks whether the connection that a query was sent on is still there. */
const lookForClientMs = 2_000;

/** Beyond this many different texts a connection stops preparing: something builds SQL by hand. */
const maxPreparedStatements = 500;

type ConnectionConfig = pg.ClientConfig & { answerWithinMs: number };

/**
 * Every query with parameters is a named prepared statement, so that Postgres parses and plans it once per
 * connection. For an insert through pg-boss this is 1.7 times the throughput.
 *
 * A connection that falls silent is closed. pg's own `query_timeout` fails the query and keeps the connection, on which
 * every later query then waits for the answer to the first (https://github.com/brianc/node-postgres/issues/3399).
 */
class Connection extends pg.Client {
  #names = new Map<string, string>();
  readonly #answerWithinMs: number;

  constructor(config: ConnectionConfig) {
    super(config);
    this.#answerWithinMs = config.answerWithinMs;
  }

  // biome-ignore lint/suspicious/noExplicitAny: pg overloads `query` nine ways; this passes them all on.
  override query(...args: any[]): any {
    const [text, values] = args;
    if (typeof text === 'string' && Array.isArray(values) && values.length > 0) {
      const name = this.#nameOf(text);
      if (name) args.splice(0, 2, { name, text, values });
    }
    const answer = (super.query as (...query: unknown[]) => unknown).apply(this, args);
    if (answer instanceof Promise) this.#closeUnless(answer);
    return answer;
  }

  #closeUnless(answer: Promise<unknown>): void {
    const silence = setTimeout(() => {
      const reason = `Connection terminated: no answer within ${this.#answerWithinMs} ms`;
      this.connection.stream.destroy(new Error(reason));
    }, this.#answerWithinMs);
    const clear = () => clearTimeout(silence);
    answer.then(clear, clear);
  }

  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known || this.#names.size >= maxPreparedStatements) return known;
    const name = createHash('sha1').update(text).digest('base64url');
    this.#names.set(text, name);
    return name;
  }
}

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
 * @param answerWithinMs a connection on which an answer takes longer is closed, and its query fails as if Postgres had gone
 */
export function openDatabase(
  url: string,
  connections: number,
  log: Log,
  answerWithinMs = longestAnswerMs,
): { db: Db; pool: pg.Pool } {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    Client: Connection as unknown as new (config?: string | pg.ClientConfig) => pg.ClientBase,
    answerWithinMs,
    onConnect: endWithClient,
    types,
  } as pg.PoolConfig);
  // An idle connection that Postgres closes (a restart) is no failure of any request.
  pool.on('error', (error) => log.warn({ error: error.message }, 'an idle Postgres connection was lost'));
  // One that is lost in use fails the query that runs on it; without a listener it would end the process as well.
  pool.on('connect', (client) => client.on('error', () => {}));
  return { db: new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) }), pool };
}

/**
 * Has Postgres end what runs on a connection that was closed: it would go on to wait for a lock otherwise, and do what
 * nobody waits for any more. Not before Postgres 14, nor on every system: there it does.
 */
async function endWithClient(client: pg.ClientBase): Promise<void> {
  await client.query(`SET client_connection_check_interval = ${lookForClientMs}`).catch(() => {});
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
