/** One connection to Postgres. */
import { createHash } from 'node:crypto';
import pg from 'pg';

/** How long an answer may take, in milliseconds. */
export type Patience = {
  /** After so long without an answer Postgres is asked on another connection whether it is there at all. */
  silenceMs: number;
  /** No answer is waited for longer, whether Postgres is there or not. */
  longestMs: number;
};

export type ConnectionConfig = pg.ClientConfig & { patience: Patience; isThere: () => Promise<boolean> };

/** Beyond this many different texts a connection stops preparing: something builds SQL by hand. */
const maxPreparedStatements = 500;
/** How often Postgres looks whether the connection that a query was sent on is still there. */
const lookForClientMs = 2_000;
/** A server that is there has taken a connection by then. */
const thereWithinMs = 2_000;

/**
 * Every query with parameters is a named prepared statement, so that Postgres parses and plans it once per
 * connection. For an insert through pg-boss this is 1.7 times the throughput.
 *
 * A connection to a Postgres that says nothing is closed, and its query fails as if Postgres had gone; one that is just
 * slow is waited for. pg's own `query_timeout` takes no notice of the difference, and keeps the connection, on which every
 * later query then waits for the answer to the first (https://github.com/brianc/node-postgres/issues/3399).
 */
export class Connection extends pg.Client {
  #names = new Map<string, string>();
  readonly #patience: Patience;
  readonly #isThere: () => Promise<boolean>;

  constructor(config: ConnectionConfig) {
    super(config);
    this.#patience = config.patience;
    this.#isThere = config.isThere;
  }

  // biome-ignore lint/suspicious/noExplicitAny: pg overloads `query` nine ways; this passes them all on.
  override query(...args: any[]): any {
    const [text, values] = args;
    if (typeof text === 'string' && Array.isArray(values) && values.length > 0) {
      const name = this.#nameOf(text);
      if (name) args.splice(0, 2, { name, text, values });
    }
    const answer = (super.query as (...query: unknown[]) => unknown).apply(this, args);
    if (answer instanceof Promise) this.#watch(answer);
    return answer;
  }

  #watch(answer: Promise<unknown>): void {
    const { silenceMs, longestMs } = this.#patience;
    const latest = performance.now() + longestMs;
    let isOver = false;
    const look = async () => {
      const isWorthWaiting = performance.now() < latest && (await this.#isThere());
      if (isOver) return;
      if (isWorthWaiting) timer = setTimeout(look, silenceMs);
      else this.connection.stream.destroy(new Error('Connection terminated: Postgres says nothing'));
    };
    let timer = setTimeout(look, silenceMs);
    const end = () => {
      isOver = true;
      clearTimeout(timer);
    };
    answer.then(end, end);
  }

  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known || this.#names.size >= maxPreparedStatements) return known;
    const name = createHash('sha1').update(text).digest('base64url');
    this.#names.set(text, name);
    return name;
  }
}

/** Asks a server whether it is there by connecting to it, once for all who want to know at the same time. */
export function openProbe(url: string): () => Promise<boolean> {
  let asking: Promise<boolean> | undefined;
  return () => {
    asking ??= connects(url).finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

async function connects(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: thereWithinMs });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    // One that refuses, as for too many connections, is there.
    return error instanceof pg.DatabaseError;
  } finally {
    void client.end().catch(() => {});
  }
}

/**
 * Has Postgres end what runs on a connection that was closed: it would go on to wait for a lock otherwise, and do what
 * nobody waits for any more. Where there is no such setting, before Postgres 14 and on some systems, it goes on.
 */
export async function endWithClient(client: pg.ClientBase): Promise<void> {
  await client.query(`SET client_connection_check_interval = ${lookForClientMs}`).catch(() => {});
}
