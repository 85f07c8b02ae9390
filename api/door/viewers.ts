/** Who is behind an access token: the user's row in brief, and whether the session still stands. */
import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Role, Tier } from '../../shared/db/schema.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Viewer } from '../route.ts';
import { accessTokenLifetimeS, type Claims } from './tokens.ts';

/** A session that ended longer ago than a token lives has no token left that could name it. */
const rememberedS = accessTokenLifetimeS + 60;
/** The safety net below the announcements: endings are read from Postgres this often. */
const reloadMs = 5_000;

type Account = { id: number; userId: string; username: string; tier: Tier; role: Role };

export type Viewers = {
  /** The account as this process remembers it, for deciding early what does no harm if it is out of date. */
  peek(claims: Claims): Account | undefined;
  /** The viewer, or undefined if the account or the session has ended. */
  of(claims: Claims): Promise<Viewer | undefined>;
  close(): void;
};

/** Opens the look-up; callers catch up with `tools.changes` before they ask. */
export async function openViewers({ db, changes, log }: Tools): Promise<Viewers> {
  const accounts = new LRUCache<string, Account>({ max: 50_000, ttl: 60_000, ttlResolution: 1_000 });
  /** True when announcements may have been missed: the next look-up reads Postgres first. */
  let mustReload = false;
  const ended = new LRUCache<string, true>({ max: 100_000, ttl: rememberedS * 1_000 });

  changes.on('user', (userId) => {
    if (userId) accounts.delete(userId);
    else accounts.clear();
  });
  changes.on('session', (sessionId) => {
    if (sessionId) ended.set(sessionId, true);
    else mustReload = true;
  });

  async function reload() {
    const rows = await db
      .selectFrom('sessions')
      .select('session_id')
      .where('ended_at', '>', sql<Date>`now() - make_interval(secs => ${rememberedS})`)
      .execute();
    for (const row of rows) ended.set(row.session_id, true);
    mustReload = false;
  }
  await reload();
  const timer = setInterval(() => {
    reload().catch((error: Error) => log.debug({ error: error.message }, 'ended sessions were not reloaded'));
  }, reloadMs).unref();

  async function accountOf(userId: string): Promise<Account | undefined> {
    const known = accounts.get(userId);
    if (known) return known;
    const { epoch } = changes;
    const row = await db
      .selectFrom('users')
      .select(['id', 'user_id', 'username', 'tier', 'role'])
      .where('user_id', '=', userId)
      .where('is_hidden', '=', false)
      .executeTakeFirst();
    if (!row) return undefined;
    const account = { id: row.id, userId, username: row.username, tier: row.tier, role: row.role };
    if (changes.epoch === epoch) accounts.set(userId, account);
    return account;
  }

  return {
    peek: (claims) => accounts.get(claims.userId),
    async of(claims) {
      if (mustReload) await reload();
      if (ended.has(claims.sessionId)) return undefined;
      const account = await accountOf(claims.userId);
      return account && { ...account, sessionId: claims.sessionId };
    },
    close: () => clearInterval(timer),
  };
}
