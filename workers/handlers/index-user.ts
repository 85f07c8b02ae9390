/** Brings the search index in line with one user; one that is hidden or gone leaves it. */
import { alignIndex } from '../../shared/search/align.ts';
import type { Handler } from '../handler.ts';

export const indexUser: Handler<'index-user'> = async ({ userId }, { tools: { db, search } }) => {
  await alignIndex(search, 'user', userId, async () => {
    const user = await db
      .selectFrom('users')
      .select(['username', 'full_name', 'follower_count'])
      .where('user_id', '=', userId)
      .where('is_hidden', '=', false)
      .executeTakeFirst();
    if (!user) return undefined;
    const { username, full_name: fullName, follower_count: popularity } = user;
    return { type: 'user', id: userId, username, fullName, popularity };
  });
};
