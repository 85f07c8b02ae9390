/**
 * Which server process a key is on. Redis draws a new run id whenever it starts, and a replica that is
 * promoted has its own; either may have lost writes that were acknowledged in the last second. What was written
 * under another id is therefore not known to be whole.
 */
import { masterOf } from './cluster.ts';
import { isCluster, type Redis, type Server } from './index.ts';

/** As much of the id (40 hex digits) as is kept: two servers that follow each other hardly share it. */
const digits = 8;
/** A server that hides its id counts as one that never loses anything. */
const hidden = '0'.repeat(digits);

/**
 * Replies the run id of the server that has the key now: eight hex digits.
 *
 * @throws while that server is away
 */
export type RunId = (key: string) => string | Promise<string>;

/** Begins to watch a connection; a server is asked once a connection to it is made. */
export function openRunId(redis: Redis): RunId {
  if (!isCluster(redis)) return watch(redis);
  const watched = new WeakMap<Server, () => string | Promise<string>>();
  return (key) => {
    const master = masterOf(redis, key);
    if (!master) {
      // Who has taken over is asked, once for all who wait for it.
      redis.refreshSlotsCache();
      throw new Error('CLUSTERDOWN the master of this key is away');
    }
    const known = watched.get(master) ?? watch(master);
    watched.set(master, known);
    return known();
  };
}

function watch(redis: Server): () => string | Promise<string> {
  let known: string | undefined;
  let asked: Promise<string> | undefined;
  redis.on('close', () => {
    known = undefined;
    asked = undefined;
  });

  function ask(): Promise<string> {
    const asking = read(redis).then(
      (id) => {
        if (asked === asking) known = id;
        return id;
      },
      (error: unknown) => {
        if (asked === asking) asked = undefined;
        throw error;
      },
    );
    asked = asking;
    return asking;
  }

  return () => known ?? asked ?? ask();
}

async function read(redis: Server): Promise<string> {
  try {
    return /run_id:(\w+)/.exec(await redis.info('server'))?.[1]?.slice(0, digits) ?? hidden;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('NOPERM')) return hidden;
    throw error;
  }
}
