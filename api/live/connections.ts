/** The sockets of this process: how many one user may have, whether they still answer, and when they end. */
import { sql } from 'kysely';
import { WebSocket } from 'ws';
import type { Tools } from '../../shared/tools.ts';

/** Why the server closes a socket. 4000 and up are ours: RFC 6455, section 7.4.2. */
const closeCodes = {
  goingAway: 1001,
  readsTooSlowly: 1013,
  sessionEnded: 4401,
  tooManySockets: 4409,
} as const;

export type Limits = {
  pingEveryMs: number;
  /** What may wait for a client to read it; far more than the longest replay. */
  maxBufferedBytes: number;
  socketsPerUser: number;
  /** How long a client has to answer a close before it is cut. */
  closeTimeoutMs: number;
};

/** Endings are read from Redis this often while there are sockets; requests read them more often. */
const catchUpEveryMs = 1_000;

type Connection = { socket: WebSocket; userId: string; sessionId: string; isAlive: boolean };

export type Connections = {
  readonly count: number;
  /** Takes charge of an open socket; `onEnd` runs once when it has ended. */
  add(socket: WebSocket, who: { userId: string; sessionId: string }, onEnd: () => void): void;
  /** Sends, unless the client reads so slowly that it is cut. */
  send(socket: WebSocket, text: string): void;
  /** Ends all sockets; resolves when they are gone. */
  close(): Promise<void>;
};

/** Opens the set of sockets of this process, and watches over them. */
export function openConnections({ db, changes, log }: Tools, limits: Limits): Connections {
  const all = new Set<Connection>();
  const byUser = new Map<string, Set<Connection>>();
  let drained: (() => void) | undefined;

  function end(socket: WebSocket, code: number, reason: string) {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.close(code, reason);
    const cut = setTimeout(() => socket.terminate(), limits.closeTimeoutMs);
    socket.once('close', () => clearTimeout(cut));
  }

  const endSession = ({ socket }: Connection) =>
    end(socket, closeCodes.sessionEnded, 'The session has ended');

  /** Asks Postgres which sessions still stand: an ending may have been announced before we could hear it. */
  async function verify(connections: Iterable<Connection>) {
    const asked = [...connections];
    if (asked.length === 0) return;
    const ids = [...new Set(asked.map(({ sessionId }) => sessionId))];
    const { rows } = await sql<{ session_id: string }>`
      SELECT session_id FROM sessions
      WHERE session_id = ANY(${ids}) AND ended_at IS NULL AND expires_at > now()`.execute(db);
    const standing = new Set(rows.map((row) => row.session_id));
    for (const connection of asked) if (!standing.has(connection.sessionId)) endSession(connection);
  }

  function verifyIfPossible(connections: Iterable<Connection>) {
    verify(connections).catch((error: Error) => {
      log.debug({ error: error.message }, 'the sessions of live sockets could not be checked');
    });
  }

  changes.on('session', (sessionId) => {
    if (sessionId === undefined) return verifyIfPossible(all);
    for (const connection of all) if (connection.sessionId === sessionId) endSession(connection);
  });
  // An account that is gone has no session left.
  changes.on('user', (userId) => {
    if (userId !== undefined) verifyIfPossible(byUser.get(userId) ?? []);
  });

  const catchingUp = setInterval(() => {
    if (all.size === 0) return;
    changes.catchUp().catch((error: Error) => log.debug({ error: error.message }, 'changes were not read'));
  }, catchUpEveryMs).unref();

  const pinging = setInterval(() => {
    for (const connection of all) {
      if (!connection.isAlive) connection.socket.terminate();
      else {
        connection.isAlive = false;
        connection.socket.ping();
      }
    }
    verifyIfPossible(all);
  }, limits.pingEveryMs).unref();

  function remove(connection: Connection) {
    all.delete(connection);
    const own = byUser.get(connection.userId);
    own?.delete(connection);
    if (own?.size === 0) byUser.delete(connection.userId);
    if (all.size === 0) drained?.();
  }

  return {
    get count() {
      return all.size;
    },
    add(socket, { userId, sessionId }, onEnd) {
      const connection = { socket, userId, sessionId, isAlive: true };
      const own = byUser.get(userId) ?? new Set();
      byUser.set(userId, own.add(connection));
      all.add(connection);
      socket.on('pong', () => {
        connection.isAlive = true;
      });
      // A broken or too large frame; the socket closes itself with the code that says so.
      socket.on('error', () => {});
      socket.once('close', () => {
        remove(connection);
        onEnd();
      });
      const open = [...own].filter((other) => other.socket.readyState === WebSocket.OPEN);
      for (const { socket: oldest } of open.slice(0, -limits.socketsPerUser)) {
        end(oldest, closeCodes.tooManySockets, 'Too many sockets; the oldest is closed');
      }
    },
    send(socket, text) {
      if (socket.readyState !== WebSocket.OPEN) return;
      if (socket.bufferedAmount > limits.maxBufferedBytes) {
        end(socket, closeCodes.readsTooSlowly, 'Reads too slowly; resume from the last id');
      } else socket.send(text);
    },
    async close() {
      clearInterval(catchingUp);
      clearInterval(pinging);
      if (all.size === 0) return;
      const empty = new Promise<void>((resolve) => {
        drained = resolve;
      });
      for (const { socket } of all) end(socket, closeCodes.goingAway, 'The server is stopping');
      await empty;
    },
  };
}
