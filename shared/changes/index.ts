/**
 * What must be forgotten: a log in Redis of the posts, users and sessions that changed, which every process
 * catches up with before it serves from its own memory. So a copy in memory is never older than the last
 * change that was answered, on whichever process that was.
 *
 * Decision 3 says why.
 */

import { keys } from '../keys.ts';
import type { Log } from '../log.ts';
import type { Redis } from '../redis/index.ts';
import { openRunId } from '../redis/run-id.ts';

/** `author`: which posts a user shows has changed. Its ids are internal ones. */
export type ChangeKind = 'post' | 'user' | 'session' | 'author';

/** Entries that are kept; a process further behind than `batch` forgets everything. */
const kept = 10_000;
const batch = 1_000;

export type Changes = {
  /** Writes to the log; call it after the commit, before the reply. */
  announce(kind: ChangeKind, id: string): Promise<void>;
  /** Reads what was announced since the last call and forgets it here. */
  catchUp(): Promise<void>;
  /** Calls `forget` for each announced id of a kind, or with no id when everything must be forgotten. */
  on(kind: ChangeKind, forget: (id: string | undefined) => void): void;
  /** Rises with each change seen; what was loaded under another number must not be kept. */
  readonly epoch: number;
};

/** Opens the log; several processes on one Redis share it. */
export function openChanges(redis: Redis, log: Log): Changes {
  const listeners: Record<ChangeKind, ((id: string | undefined) => void)[]> = {
    post: [],
    user: [],
    session: [],
    author: [],
  };
  const runId = openRunId(redis);
  let last: string | undefined;
  /** The server `last` was read from. */
  let server: string | undefined;
  let epoch = 0;
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function forgetAll() {
    epoch += 1;
    for (const forgets of Object.values(listeners)) for (const forget of forgets) forget(undefined);
  }

  async function start(reached: string) {
    const newest = await redis.xrevrange(keys.changes, '+', '-', 'COUNT', 1);
    // An empty log gets an entry that says nothing, so that there is always one to know the log by.
    last = newest[0]?.[0] ?? ((await redis.xadd(keys.changes, '*', 'begun', '')) as string);
    server = reached;
    forgetAll();
  }

  async function read() {
    const reached = await runId(keys.changes);
    // Another server may lack what was announced last, also what this process never read.
    if (last === undefined || reached !== server) return start(reached);
    const entries = await redis.xrange(keys.changes, last, '+', 'COUNT', batch);
    const answered = await runId(keys.changes);
    if (answered !== reached) return start(answered);
    // Without the entry that was read last, nobody knows what else Redis has lost.
    if (entries[0]?.[0] !== last || entries.length === batch) {
      log.info('the log of changes was lost or ran ahead: everything in memory is forgotten');
      return start(reached);
    }
    for (const [id, [kind, changed]] of entries.slice(1)) {
      epoch += 1;
      for (const forget of listeners[kind as ChangeKind] ?? []) forget(changed);
      last = id;
    }
  }

  function begin(): Promise<void> {
    current = read().finally(() => {
      current = undefined;
    });
    return current;
  }

  return {
    async announce(kind, id) {
      await redis.xadd(keys.changes, 'MAXLEN', '~', kept, '*', kind, id);
    },
    catchUp() {
      if (!current) return begin();
      // The read under way may have begun before what this caller must see was announced; whoever comes
      // meanwhile shares the next one.
      next ??= current
        .catch(() => {})
        .then(() => {
          next = undefined;
          return begin();
        });
      return next;
    },
    on(kind, forget) {
      listeners[kind].push(forget);
    },
    get epoch() {
      return epoch;
    },
  };
}
