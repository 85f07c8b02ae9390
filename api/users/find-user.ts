/** Users as paths name them: by id, or by `@username`. */
import { isId } from '../../shared/ids.ts';
import type { Tools } from '../../shared/tools.ts';

export type FoundUser = { id: number; userId: string; isPrivate: boolean };

/** The user a path names, or undefined if there is none. */
export async function findUser({ db }: Tools, name: string): Promise<FoundUser | undefined> {
  const byUsername = name.startsWith('@');
  if (byUsername ? !/^@[\w.]{1,30}$/.test(name) : !isId('user', name)) return undefined;
  const row = await db
    .selectFrom('users')
    .select(['id', 'user_id', 'is_private'])
    .where(byUsername ? 'username' : 'user_id', '=', byUsername ? name.slice(1).toLowerCase() : name)
    .executeTakeFirst();
  return row && { id: row.id, userId: row.user_id, isPrivate: row.is_private };
}
