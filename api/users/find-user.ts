/** Users as paths name them: by id, by `@username`, or `me`. */
import { type RawBuilder, sql } from 'kysely';
import { fail, notFound } from '../../shared/errors.ts';
import { isId } from '../../shared/ids.ts';
import type { Tools } from '../../shared/tools.ts';
import { mayKnow, type Standing, standingColumns } from '../../shared/users/audience.ts';

type Asking = { id: number; userId: string };

/** A user, and where the viewer stands with them. */
export type FoundUser = Standing & { id: number; userId: string };

/** What a path that names a user says of its parameter. */
export const userNameDescription = 'A user id, @username, or `me`.';

/**
 * The user a path names.
 *
 * @throws {Failure} NOT_FOUND if there is none the viewer may know of.
 */
export async function findUser(tools: Tools, viewer: Asking, name: string): Promise<FoundUser> {
  return (await lookUp(tools, viewer, name, mayKnow(viewer.id, 'u'))) ?? notFound('User', 'user_id', name);
}

/**
 * The user a path names, if the viewer may see what they show: posts, stories, lists.
 *
 * @throws {Failure} NOT_FOUND as `findUser`; FORBIDDEN if they show the viewer nothing.
 */
export async function findSeenUser(tools: Tools, viewer: Asking, name: string): Promise<FoundUser> {
  const user = await findUser(tools, viewer, name);
  if (!user.maySee) {
    const reason = user.blocks
      ? 'You blocked this account; lift the block to see it'
      : 'This account is private';
    fail('FORBIDDEN', { field: 'user_id', reason });
  }
  return user;
}

/**
 * The user a path names, who may have blocked the viewer as long as the viewer blocked them too: one's own
 * block can always be lifted.
 *
 * @throws {Failure} NOT_FOUND
 */
export async function findBlockableUser(tools: Tools, viewer: Asking, name: string): Promise<FoundUser> {
  const isBlocked = sql<boolean>`EXISTS (SELECT FROM blocks WHERE blocker_id = ${viewer.id} AND blocked_id = u.id)`;
  const found = await lookUp(tools, viewer, name, sql`(${mayKnow(viewer.id, 'u')} OR ${isBlocked})`);
  return found ?? notFound('User', 'user_id', name);
}

async function lookUp(
  { db }: Tools,
  viewer: Asking,
  name: string,
  condition: RawBuilder<boolean>,
): Promise<FoundUser | undefined> {
  const isNamed = naming(viewer, name);
  if (!isNamed) return undefined;
  const { rows } = await sql<FoundUser>`
    SELECT u.id, u.user_id AS "userId", ${standingColumns(viewer.id, 'u')}
    FROM users u WHERE ${isNamed} AND ${condition}`.execute(db);
  return rows[0];
}

/** What a name asks for; undefined for one that nobody can have. */
function naming(viewer: Asking, name: string): RawBuilder<boolean> | undefined {
  if (name === 'me') return sql`u.id = ${viewer.id}`;
  if (name.startsWith('@')) {
    return /^@[\w.]{1,30}$/.test(name) ? sql`u.username = ${name.slice(1).toLowerCase()}` : undefined;
  }
  return isId('user', name) ? sql`u.user_id = ${name}` : undefined;
}
