/**
 * Which server process a connection reaches. Redis draws a new run id whenever it starts, and a replica that is
 * promoted has its own; either may have lost writes that were acknowledged in the last second. What was written
 * under another id is therefore not known to be whole.
 */
import type { Redis } from './index.ts';

/** As much of the id (40 hex digits) as is kept: two servers that follow each other hardly share it. */
const digits = 8;
/** A server that hides its id counts as one that never loses anything. */
const hidden = '0'.repeat(digits);

/** Replies the run id of the server the connection reaches now: eight hex digits. */
export type RunId = () => string | Promise<string>;

/** Begins to watch a connection; the server is asked once a connection is made. */
export function openRunId(redis: Redis): RunId {
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

async function read(redis: Redis): Promise<string> {
  try {
    return /run_id:(\w+)/.exec(await redis.info('server'))?.[1]?.slice(0, digits) ?? hidden;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('NOPERM')) return hidden;
    throw error;
  }
}
