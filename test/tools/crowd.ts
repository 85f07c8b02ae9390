/** People who only exist as rows: for what takes more of them than one would register. */
import type { World } from './world.ts';

/** Makes `count` users, named `{prefix}0` and so on. Replies their internal ids. */
export async function crowd(
  { tools }: Pick<World, 'tools'>,
  prefix: string,
  count: number,
): Promise<number[]> {
  const rows = await tools.db
    .insertInto('users')
    .values(
      Array.from({ length: count }, (_, n) => ({ user_id: `user_${prefix}${n}`, username: `${prefix}${n}` })),
    )
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}
