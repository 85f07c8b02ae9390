/**
 * The connection to Cassandra: made at start or, if Cassandra is away then, as soon as it is there. While some nodes
 * are there the driver looks after the others by itself; when none is left, the client is given up for a new one, as
 * at start: the driver would find its way back too, but forgets connections on it.
 */
import type { ConnectionOptions } from 'node:tls';
import { Client, errors, type Host, policies, types } from 'cassandra-driver';
import { isDatabaseDown } from '../db/index.ts';
import type { Log } from '../log.ts';
import type { CassandraAddress } from './cassandra-url.ts';

/** A node that has not answered by then is given up for one query, and another one is asked. */
const answerWithinMs = 2_000;
/** A second node is asked when the first has not answered by then: many times what a read takes. */
const secondOpinionMs = 500;
/** Further executions of one query beside the first. */
const secondOpinions = 2;
const connectWithinMs = 2_000;
/** For what the driver asks on its own account, such as the list of nodes, also while a node starts. */
const metadataWithinMs = 5_000;
/** A connection that was silent so often is closed. */
const silencesPerConnection = 8;
const connectionsPerNode = 2;
/** Below the 2,048 per connection at which the driver refuses, so that what is too much waits for its turn. */
const queriesInFlight = 1_024;
const reconnectMs = { first: 250, longest: 2_000 };

export type CassandraConnection = {
  /**
   * Runs a prepared statement that may be repeated, at LOCAL_QUORUM.
   *
   * @throws the driver's error, within seconds also if a node is silent.
   */
  execute(statement: string, values: unknown[], options?: Routing & Page): Promise<types.ResultSet>;
  /** The nodes that hold a partition, as one text; the same for all while the nodes are not known. */
  nodesOf(key: string): string;
  close(): Promise<void>;
};

/** Rows of one page, and where it begins. */
type Page = { fetchSize?: number; pageState?: string };

/** The key of the partition whose nodes are asked, where a statement does not tell which that is. */
export type Routing = { routingKey?: string };

/**
 * Connects; if Cassandra is away, that is logged and goes on in the background.
 *
 * @param prepare is run on each new client before it is used
 * @throws if Cassandra is there and cannot be used as the address says.
 */
export async function openCassandra(
  address: CassandraAddress,
  prepare: (client: Client) => Promise<void>,
  log: Log,
): Promise<CassandraConnection> {
  const inTurn = openGate(queriesInFlight);
  let client: Client | undefined;
  let attempt: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let delayMs = reconnectMs.first;
  let lastReason: string | undefined;
  let isClosed = false;

  async function connect(): Promise<void> {
    const contactPoints = [...address.contactPoints];
    const made = new Client(optionsFor({ ...address, contactPoints }));
    try {
      await made.connect();
      await prepare(made);
    } catch (error) {
      await shutDown(made);
      throw error;
    }
    if (lastReason !== undefined) log.info('Cassandra is back');
    lastReason = undefined;
    delayMs = reconnectMs.first;
    client = made;
    watch(made, log, address.datacenter, () => {
      if (client !== made || isClosed) return;
      client = undefined;
      // The driver reads them again before it connects, which it may do also while it is shut down.
      contactPoints.length = 0;
      attempt = shutDown(made).catch(() => {});
      connectLater(new Error('no node can be reached'));
    });
  }

  function connectLater(error: unknown): void {
    const reason = reasonOf(error);
    // Said once per outage, not once per attempt.
    if (lastReason === undefined) log.warn({ error: reason }, 'Cassandra is away');
    lastReason = reason;
    if (isClosed) return;
    retry = setTimeout(() => {
      attempt = connect().catch(connectLater);
    }, delayMs).unref();
    delayMs = Math.min(delayMs * 2, reconnectMs.longest);
  }

  try {
    await connect();
  } catch (error) {
    if (!isAway(error) && !isDatabaseDown(error))
      throw new Error(`CASSANDRA_URL cannot be used: ${reasonOf(error)}`, { cause: error });
    connectLater(error);
  }

  return {
    execute: (statement, values, { routingKey, ...page } = {}) =>
      inTurn(async () => {
        if (!client) throw new Error(`Cassandra is away (${lastReason})`);
        return await client.execute(statement, values, {
          prepare: true,
          isIdempotent: true,
          consistency: types.consistencies.localQuorum,
          readTimeout: answerWithinMs,
          ...(routingKey === undefined ? {} : { routingKey: Buffer.from(routingKey) }),
          ...page,
        });
      }),
    nodesOf(key) {
      const replicas = client?.getReplicas(address.keyspace, Buffer.from(key)) ?? [];
      return replicas
        .map(({ address: node }) => node)
        .sort()
        .join();
    },
    async close() {
      isClosed = true;
      clearTimeout(retry);
      await attempt;
      clearTimeout(retry);
      if (client) await shutDown(client);
    },
  };
}

function optionsFor({ contactPoints, port, datacenter, credentials, tls }: CassandraAddress) {
  return {
    contactPoints,
    // The driver takes it that all nodes listen on one port.
    protocolOptions: { port },
    // The driver's own policy asks the nodes that hold the row, the quickest first.
    localDataCenter: datacenter,
    ...(credentials ? { credentials } : {}),
    ...(tls ? { sslOptions: tlsOptions(tls) } : {}),
    policies: {
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(
        reconnectMs.first,
        reconnectMs.longest,
        false,
      ),
      // Writes carry the client's timestamp: one that arrives twice is the same write.
      speculativeExecution: new policies.speculativeExecution.ConstantSpeculativeExecutionPolicy(
        secondOpinionMs,
        secondOpinions,
      ),
    },
    pooling: {
      heartBeatInterval: metadataWithinMs,
      coreConnectionsPerHost: {
        [types.distance.local]: connectionsPerNode,
        [types.distance.remote]: 1,
        [types.distance.ignored]: 0,
      },
    },
    socketOptions: {
      connectTimeout: connectWithinMs,
      readTimeout: metadataWithinMs,
      defunctReadTimeoutThreshold: silencesPerConnection,
    },
    monitorReporting: { enabled: false },
  };
}

/** The driver's own options trust everybody. */
function tlsOptions(checked: 'full' | 'ca'): ConnectionOptions {
  return {
    rejectUnauthorized: true,
    ...(checked === 'ca' ? { checkServerIdentity: () => undefined } : {}),
  };
}

/**
 * Logs a line when a node goes and one when it comes; what the driver says of each attempt is for debugging.
 *
 * @param onAway is called, before the driver itself does anything about it, when no node of the datacenter is left
 */
function watch(client: Client, log: Log, datacenter: string, onAway: () => void): void {
  client.on('hostDown', ({ address: node }: Host) => {
    if (client.hosts.values().some((host) => host.datacenter === datacenter && host.isUp())) {
      log.warn({ node }, 'a Cassandra node is away');
    } else onAway();
  });
  client.on('hostUp', ({ address: node }: Host) => log.info({ node }, 'a Cassandra node is back'));
  client.on('log', (level: string, _part: string, message: string) => {
    if (level === 'warning' || level === 'error') log.debug({ message }, 'the Cassandra driver');
  });
}

/** What the driver's types do not tell of. */
type ControlConnection = { connection?: { closeAsync(): Promise<void> } | null };

/** Ends a client for good; one that failed to connect keeps a connection that the driver itself forgets. */
async function shutDown(client: Client): Promise<void> {
  await client.shutdown();
  const { controlConnection } = client as Client & { controlConnection?: ControlConnection };
  await controlConnection?.connection?.closeAsync();
}

/** What a server answers when a retry may succeed. */
const passing: number[] = [
  types.responseErrorCodes.unavailableException,
  types.responseErrorCodes.overloaded,
  types.responseErrorCodes.isBootstrapping,
  types.responseErrorCodes.readTimeout,
  types.responseErrorCodes.writeTimeout,
];

/** False if Cassandra is there and will go on refusing. */
function isAway(error: unknown): boolean {
  if (error instanceof errors.NoHostAvailableError) {
    const refusals = Object.values((error.innerErrors ?? {}) as Record<string, unknown>);
    return !refusals.some(
      (refusal) => refusal instanceof errors.AuthenticationError || refusal instanceof errors.ArgumentError,
    );
  }
  if (error instanceof errors.ResponseError) return passing.includes(error.code);
  return error instanceof errors.OperationTimedOutError;
}

function reasonOf(error: unknown): string {
  // The driver puts the stack of the first node's error into its message.
  const [first] = Object.values(
    ((error instanceof errors.NoHostAvailableError && error.innerErrors) || {}) as Record<string, unknown>,
  );
  if (first instanceof Error) return first.message;
  return error instanceof Error ? error.message : String(error);
}

/** Lets so many works run at a time; the others wait for their turn. */
function openGate(places: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await work();
    } finally {
      const enter = waiting.shift();
      if (enter) enter();
      else free += 1;
    }
  };
}
