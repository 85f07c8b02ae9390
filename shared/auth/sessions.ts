/**
 * Sessions and their refresh tokens. A refresh token is derived from (session, generation), so the same step
 * always yields the same token: a client whose reply was lost sends the old one again and gets the very
 * successor it missed. Using that successor moves the session on; whoever then shows an older token holds a
 * stolen one, and the session ends.
 *
 * Decision 4 says why.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import type { Tx } from '../db/index.ts';
import { isId, keyOf, newId } from '../ids.ts';

/** A session nobody refreshes for this long is over. */
const lifetimeDays = 60;

export type SessionTokens = { sessionId: string; refreshToken: string };

function tokenOf(secret: string, sessionId: string, generation: number, salt: Buffer): string {
  const mac = createHmac('sha256', secret)
    .update(`refresh\n${sessionId}\n${generation}\n`)
    .update(salt)
    .digest('base64url');
  return `rt_${keyOf(sessionId)}.${generation}.${mac}`;
}

function expiry() {
  return sql<Date>`now() + make_interval(days => ${lifetimeDays})`;
}

/** Signs a user in on one device. */
export async function beginSession(
  tx: Tx,
  secret: string,
  userId: number,
  userAgent: string | undefined,
): Promise<SessionTokens> {
  const sessionId = newId('session');
  const salt = randomBytes(16);
  await tx
    .insertInto('sessions')
    .values({
      session_id: sessionId,
      user_id: userId,
      salt,
      user_agent: userAgent?.slice(0, 300) ?? null,
      expires_at: expiry(),
    })
    .execute();
  return { sessionId, refreshToken: tokenOf(secret, sessionId, 1, salt) };
}

export type Refreshed =
  | ({ state: 'refreshed'; userId: number } & SessionTokens)
  /** The token was used before its successor was: somebody holds a copy. The session has ended. */
  | { state: 'reused'; sessionId: string }
  | { state: 'unknown' };

/** Trades a refresh token for its successor; one of a hidden account counts as unknown. */
export async function refreshSession(tx: Tx, secret: string, token: string): Promise<Refreshed> {
  const match = /^rt_([0-9a-z]{26})\.(\d{1,9})\.([\w-]{43})$/.exec(token);
  const sessionId = `session_${match?.[1]}`;
  const generation = Number(match?.[2]);
  if (!match || !isId('session', sessionId)) return { state: 'unknown' };
  const session = await tx
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['sessions.user_id', 'generation', 'salt', 'ended_at'])
    .where('session_id', '=', sessionId)
    .where('expires_at', '>', sql<Date>`now()`)
    .where('users.is_hidden', '=', false)
    .forUpdate('sessions')
    .executeTakeFirst();
  if (!session) return { state: 'unknown' };
  const expected = Buffer.from(tokenOf(secret, sessionId, generation, session.salt));
  const given = Buffer.from(token);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return { state: 'unknown' };
  if (session.ended_at) return { state: 'unknown' };
  if (generation < session.generation - 1) {
    await endSession(tx, sessionId);
    return { state: 'reused', sessionId };
  }
  const next = Math.max(session.generation, generation + 1);
  await tx
    .updateTable('sessions')
    .set({ generation: next, used_at: sql<Date>`now()`, expires_at: expiry() })
    .where('session_id', '=', sessionId)
    .execute();
  return {
    state: 'refreshed',
    userId: session.user_id,
    sessionId,
    refreshToken: tokenOf(secret, sessionId, next, session.salt),
  };
}

/** Ends a session. The caller announces it after the commit, so that its access tokens end too. */
export async function endSession(tx: Tx, sessionId: string): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ ended_at: new Date() })
    .where('session_id', '=', sessionId)
    .where('ended_at', 'is', null)
    .execute();
}

/**
 * Ends all sessions of a user. The caller announces each after the commit, so that their access tokens end too.
 *
 * @param exceptId public id of a session that goes on
 * @returns the public ids of those that ended.
 */
export async function endSessions(tx: Tx, userId: number, exceptId?: string): Promise<string[]> {
  const ended = await tx
    .updateTable('sessions')
    .set({ ended_at: sql<Date>`now()` })
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .$if(exceptId !== undefined, (query) => query.where('session_id', '!=', exceptId as string))
    .returning('session_id')
    .execute();
  return ended.map(({ session_id }) => session_id);
}
