/** Looking at rows as the database has them. */
import type { World } from './world.ts';

const publicIds = { users: 'user_id', posts: 'post_id', comments: 'comment_id' } as const;

/** The internal id behind a public one. */
export async function internalId(
  { tools }: Pick<World, 'tools'>,
  table: keyof typeof publicIds,
  publicId: string,
): Promise<number> {
  const { ref } = tools.db.dynamic;
  const row = await tools.db
    .selectFrom(table)
    .select('id')
    .where(ref<string>(publicIds[table]), '=', publicId)
    .executeTakeFirstOrThrow();
  return row.id;
}

export type NoticeRow = { to: string; from: string; type: string; postId: string | null; isTold: boolean };

/** All notices by the names of the people in them, in the order of those they are for. */
export async function noticeRows({ tools }: Pick<World, 'tools'>): Promise<NoticeRow[]> {
  const rows = await tools.db
    .selectFrom('notifications as n')
    .innerJoin('users as told', 'told.id', 'n.user_id')
    .innerJoin('users as actor', 'actor.id', 'n.actor_id')
    .leftJoin('posts as p', 'p.id', 'n.post_id')
    .select(['told.username as to', 'actor.username as from', 'n.type', 'p.post_id as postId', 'n.told_at'])
    .orderBy('told.username')
    .orderBy('n.type')
    .execute();
  return rows.map(({ told_at, ...row }) => ({ ...row, isTold: told_at !== null }));
}
