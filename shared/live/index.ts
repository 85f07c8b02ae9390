/** The live channel's inside: what users are told, kept for a day and carried to the process they are connected to. */
import { keys } from '../keys.ts';
import type { Log } from '../log.ts';
import type { Redis } from '../redis/index.ts';
import { connectedUsers } from './connected.ts';
import type { LiveType } from './messages.ts';
import { append } from './scripts.ts';
import { type Hear, openSubscriptions } from './subscriptions.ts';

/** Ids only rise, for one user, as text too. */
export type LiveMessage = { id: string; type: LiveType; created_at: string; data: Record<string, unknown> };

/** Messages that are kept for each user, at least; trimming goes by blocks of 100. */
const keptMessages = 1_000;

export type Live = {
  /**
   * Tells users; those who were not connected in the last 24 h cost one look-up. If it throws, some may have
   * been told: the caller's retry tells them again.
   */
  tell(userIds: string[], type: LiveType, data: Record<string, unknown>): Promise<void>;
  /**
   * Tells those of the users connected at this moment whom `pick`, given a thousand at a time, replies. For what
   * concerns too many users to walk through; who is not connected does not find it when resuming.
   */
  tellConnected(
    pick: (userIds: string[]) => Promise<string[]>,
    type: LiveType,
    data: Record<string, unknown>,
  ): Promise<void>;
  /**
   * Calls `hear` with the JSON text of each message to a user: every one that is told from now on, and before
   * them those after `resumeFrom`; each once, in the order of their ids. When some are no longer kept (more
   * than 1,000, older than 24 h, Redis lost them) it hears `{"type":"gap"}` in their place.
   *
   * @param resumeFrom an id for which `isLiveId` is true, or undefined to hear only what is new
   * @returns a function that ends it.
   * @throws {Failure} SERVICE_UNAVAILABLE, or Redis's own error, while Redis is away.
   */
  listen(userId: string, resumeFrom: string | undefined, hear: Hear): Promise<() => void>;
  close(): Promise<void>;
};

/**
 * Opens the live channel. A process that never listens opens no connection for it.
 *
 * @param cache a connection that fails at once while Redis is away; the caller closes it
 * @param options.checkEveryMs how often the streams of connected users are looked at: they stay, and one that
 *   Redis lost is noticed
 */
export function openLive(
  cache: Redis,
  cacheUrl: string,
  log: Log,
  { checkEveryMs = 10_000 }: { checkEveryMs?: number } = {},
): Live {
  const subscriptions = openSubscriptions(cache, cacheUrl, log, checkEveryMs);
  const live: Live = {
    async tell(userIds, type, data) {
      await append(cache, userIds.map(keys.live), [type, JSON.stringify(data), keptMessages]);
    },
    async tellConnected(pick, type, data) {
      for await (const userIds of connectedUsers(cache)) {
        const picked = await pick(userIds);
        if (picked.length > 0) await live.tell(picked, type, data);
      }
    },
    listen: subscriptions.add,
    async close() {
      subscriptions.close();
    },
  };
  return live;
}
