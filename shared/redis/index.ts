/** Connections to Redis, and scripts that run in it. Only here is ioredis imported. */
import { createHash } from 'node:crypto';
import { type Command, Redis } from 'ioredis';
import type { Log } from '../log.ts';

export type { Redis } from 'ioredis';

/**
 * How a connection is used decides what it does while Redis is away: `request` fails at once, so that the
 * client gets its 503; `worker` waits and takes up its work again; `subscriber` listens.
 */
type Use = 'request' | 'worker' | 'subscriber';

/** A Redis that is silent for so long is as good as away; nothing a request asks takes a tenth of it. */
const answerWithinMs = 5_000;

/**
 * Hands over in one system call what one turn of the event loop asks of Redis: that call costs more than the
 * commands in it. The auto-pipelining of ioredis gathers too, but at twice the work a command, and while one of
 * its pipelines is under way the next one waits.
 */
class GatheringRedis extends Redis {
  #isGathering = false;

  override sendCommand(command: Command, target?: Parameters<Redis['sendCommand']>[1]): unknown {
    // There is none before the first connection, whatever its type says.
    const stream = this.stream as Redis['stream'] | undefined;
    if (stream && !this.#isGathering) {
      this.#isGathering = true;
      stream.cork();
      setImmediate(() => {
        this.#isGathering = false;
        stream.uncork();
      });
    }
    return super.sendCommand(command, target);
  }
}

/** Opens a connection; it reconnects by itself, within 2 s of Redis being back. */
export function openRedis(url: string, use: Use, log: Log): Redis {
  const redis = new (use === 'request' ? GatheringRedis : Redis)(url, {
    lazyConnect: false,
    enableOfflineQueue: use !== 'request',
    maxRetriesPerRequest: use === 'request' ? 0 : null,
    connectTimeout: 5_000,
    ...(use === 'request' ? { commandTimeout: answerWithinMs } : {}),
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 2_000),
  });
  const server = URL.parse(url)?.host;
  // Said once per outage, not once per attempt.
  let away = false;
  redis.on('error', (error: Error) => {
    if (!away) log.warn({ error: error.message, use, server }, 'Redis is away');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info({ use, server }, 'Redis is back');
    away = false;
  });
  return redis;
}

/** Resolves when the connection can be used; rejects after `timeoutMs`. */
export async function whenReady(redis: Redis, timeoutMs = 10_000): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.off('ready', ready);
      reject(new Error('Redis did not answer in time'));
    }, timeoutMs);
    const ready = () => {
      clearTimeout(timer);
      resolve();
    };
    redis.once('ready', ready);
  });
}

/**
 * Queues must never lose a key to memory pressure.
 *
 * @throws if the server evicts, saying what to type.
 */
export async function refuseEviction(redis: Redis): Promise<void> {
  // INFO, because those who run Redis for others keep CONFIG to themselves.
  const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
  if (policy && policy !== 'noeviction') {
    throw new Error(
      `QUEUE_REDIS_URL points to a Redis that evicts keys (maxmemory-policy ${policy}), which loses jobs: ` +
        'type "redis-cli config set maxmemory-policy noeviction" and put the same line into its redis.conf',
    );
  }
}

/** A script with its keys and arguments; one that touches several keys wants them in one cluster slot. */
export type Script<Reply> = (
  redis: Redis,
  keys: readonly string[],
  values: readonly (string | number)[],
) => Promise<Reply>;

/** Prepares a Lua script: sent by its hash, in full only to a server that does not know it yet. */
export function script<Reply>(lua: string): Script<Reply> {
  const sha = createHash('sha1').update(lua).digest('hex');
  return async (redis, keys, values) => {
    try {
      return (await redis.evalsha(sha, keys.length, ...keys, ...values)) as Reply;
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return (await redis.eval(lua, keys.length, ...keys, ...values)) as Reply;
    }
  };
}

/** True if the error says that Redis could not be reached, so that a retry may succeed. */
export function isRedisDown(error: unknown): boolean {
  return (
    error instanceof Error &&
    /Connection is closed|Command aborted due to connection close|Stream isn't writeable|ECONNREFUSED|ECONNRESET|EPIPE|max retries per request|Command timed out|LOADING|MASTERDOWN|CLUSTERDOWN/.test(
      error.message,
    )
  );
}
