/**
 * Trays: whose stories wait for a user, the newest first. Redis holds them for those who read theirs, rebuilt from
 * Postgres when absent. A tray may name more owners than have something to show (a story is over, a follow has ended):
 * readers look the stories up anyway. It never lacks one.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/index.ts';
import { keys } from '../keys.ts';
import type { Redis } from '../redis/index.ts';
import { total } from '../redis/spread.ts';
import { beginTray, dropOwners, endTray, pushOwner, readTray } from './tray-scripts.ts';

/** A tray nobody reads lapses after a day. */
const lifetimeS = 86_400;
/** A build that takes longer than this has died; the next reader begins anew. */
const buildTimeoutS = 30;

/** An owner of stories; `newestS` is when their newest was created, in Unix seconds with fractions. */
export type TrayEntry = { ownerId: string; newestS: number };

export type Trays = {
  /** Up to `limit` owners with stories whom the user follows and has not muted, those with the newest story first. */
  owners(viewer: { id: number; userId: string }, limit: number): Promise<TrayEntry[]>;
  /** Notes in those of the users' trays that exist that somebody has a new story. Replies how many there were. */
  push(userIds: string[], entry: TrayEntry): Promise<number>;
  /** Takes owners out who have nothing left to show; one who has a newer story by now stays. */
  drop(userId: string, entries: readonly TrayEntry[]): Promise<void>;
  /** The next read rebuilds the tray. Call it after the commit of what changed whom it may show. */
  forget(userId: string): Promise<void>;
};

/** Whose stories wait for a user: the definition in SQL. */
async function ownersFromPostgres(db: Db, viewerId: number): Promise<TrayEntry[]> {
  const { rows } = await sql<TrayEntry>`
    SELECT u.user_id AS "ownerId", EXTRACT(EPOCH FROM newest.created_at)::float8 AS "newestS"
    FROM follows f JOIN users u ON u.id = f.following_id
      CROSS JOIN LATERAL (SELECT max(created_at) AS created_at FROM stories
        WHERE user_id = f.following_id AND expires_at > now()) newest
    WHERE f.follower_id = ${viewerId} AND newest.created_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM mutes WHERE muter_id = ${viewerId} AND muted_id = f.following_id)
    ORDER BY newest.created_at DESC`.execute(db);
  return rows;
}

/** Opens the trays: Redis before Postgres. */
export function openTrays(cache: Redis, db: Db): Trays {
  /** The token goes in before SQL is read: a story committed in between is pushed to the tray being built. */
  async function build(viewer: { id: number; userId: string }): Promise<TrayEntry[]> {
    const token = randomUUID();
    const tray = keys.tray(viewer.userId);
    await beginTray(cache, [tray], [token, buildTimeoutS]);
    const entries = await ownersFromPostgres(db, viewer.id);
    const members = entries.flatMap(({ ownerId, newestS }) => [newestS, ownerId]);
    await endTray(cache, [tray], [token, lifetimeS, ...members]);
    return entries;
  }

  return {
    async owners(viewer, limit) {
      const cached = await readTray(cache, [keys.tray(viewer.userId)], [limit, lifetimeS]);
      if (!cached) return (await build(viewer)).slice(0, limit);
      return cached.flatMap((ownerId, at) =>
        at % 2 === 0 ? [{ ownerId, newestS: Number(cached[at + 1]) }] : [],
      );
    },
    async push(userIds, { ownerId, newestS }) {
      return total(await pushOwner(cache, userIds.map(keys.tray), [newestS, ownerId]));
    },
    async drop(userId, entries) {
      if (entries.length === 0) return;
      const members = entries.flatMap(({ ownerId, newestS }) => [ownerId, newestS]);
      await dropOwners(cache, [keys.tray(userId)], members);
    },
    async forget(userId) {
      await cache.unlink(keys.tray(userId));
    },
  };
}
