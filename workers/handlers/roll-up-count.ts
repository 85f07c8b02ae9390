/** Adds up the waiting changes of one count and, for likes, marks the post in the feeds of those who liked and tells the author. */
import { sql } from 'kysely';
import { countedColumns } from '../../shared/counts/index.ts';
import type { Tx } from '../../shared/db/index.ts';
import type { Counter } from '../../shared/jobs.ts';
import { notify, tellUntold, withdraw } from '../../shared/notifications/index.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Handler } from '../handler.ts';

export const rollUpCount: Handler<'roll-up-count'> = async ({ counter, targetId }, { tools }) => {
  await tools.db.transaction().execute(async (tx) => {
    const deltas = await tx
      .deleteFrom('count_deltas')
      .where('counter', '=', counter)
      .where('target_id', '=', targetId)
      .returning(['id', 'delta', 'actor_id'])
      .execute();
    if (deltas.length === 0) return;
    const { table, column } = countedColumns[counter];
    const sum = deltas.reduce((total, { delta }) => total + delta, 0);
    await sql`UPDATE ${sql.table(table)} SET ${sql.ref(column)} = GREATEST(0, ${sql.ref(column)} + ${sum})
      WHERE id = ${targetId}`.execute(tx);
    if (counter !== 'post.likes') return;
    const acts = new Map<number, number>();
    for (const { id, delta, actor_id } of deltas.toSorted((one, other) => one.id - other.id)) {
      if (actor_id !== null) acts.set(actor_id, delta > 0 ? id : -id);
    }
    await reconcileLikes(tx, targetId, [...acts.keys()]);
    await markFeeds(tools, tx, targetId, acts);
  });
  await makeKnown(tools, counter, targetId);
};

/** Notices follow the likes that stand now, not the order in which they came and went. */
async function reconcileLikes(tx: Tx, postId: number, actorIds: number[]): Promise<void> {
  const post = await tx.selectFrom('posts').select('user_id').where('id', '=', postId).executeTakeFirst();
  if (!post) return;
  const liking = await tx
    .selectFrom('likes')
    .select('user_id')
    .where('post_id', '=', postId)
    .where('user_id', 'in', actorIds.length > 0 ? actorIds : [0])
    .execute();
  const stands = new Set(liking.map((row) => row.user_id));
  for (const actorId of actorIds) {
    const notice = { userId: post.user_id, actorId, type: 'like', postId } as const;
    if (stands.has(actorId)) await notify(tx, notice);
    else await withdraw(tx, notice);
  }
}

/**
 * Marks the post in the actors' cached feeds by the last act of each. The request did so already, unless it
 * died after its commit. This comes before the commit: afterwards nobody would know of the acts any more.
 *
 * @param acts by the actors' internal ids: the number of the act, negative for one that took a like back
 */
async function markFeeds(
  { feeds }: Tools,
  tx: Tx,
  postId: number,
  acts: ReadonlyMap<number, number>,
): Promise<void> {
  const { rows } = await sql<{ id: number; user_id: string; post_id: string }>`
    SELECT u.id, u.user_id, p.post_id FROM users u, posts p
    WHERE u.id = ANY(${[...acts.keys()]}) AND p.id = ${postId}`.execute(tx);
  await Promise.all(
    rows.map((row) => feeds.mark(row.user_id, 'liked', row.post_id, acts.get(row.id) as number)),
  );
}

/** Copies elsewhere follow the row. All of it may run twice, also when there was nothing left to add. */
async function makeKnown(tools: Tools, counter: Counter, targetId: number): Promise<void> {
  const { db, changes, profiles, queues } = tools;
  const { table } = countedColumns[counter];
  if (table === 'posts') {
    const post = await db.selectFrom('posts').select('post_id').where('id', '=', targetId).executeTakeFirst();
    if (!post) return;
    await changes.announce('post', post.post_id);
    if (counter === 'post.likes') await tellUntold(tools, { postId: targetId });
  } else if (table === 'users') {
    const user = await db.selectFrom('users').select('user_id').where('id', '=', targetId).executeTakeFirst();
    if (!user) return;
    await profiles.forgetCounts(user.user_id);
    if (counter === 'user.followers') {
      await queues.coalesce('index-user', user.user_id, { userId: user.user_id }, indexDelayMs);
    }
  } else {
    const hashtag = await db
      .selectFrom('hashtags')
      .select('name')
      .where('id', '=', targetId)
      .executeTakeFirst();
    if (hashtag)
      await queues.coalesce('index-hashtag', hashtag.name, { hashtag: hashtag.name }, indexDelayMs);
  }
}

/** Popularity only orders equal matches: the index may follow it at leisure. */
const indexDelayMs = 1_000;
