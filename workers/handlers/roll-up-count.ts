/** Adds up the waiting changes of one count and, for likes, tells the author; a post is marked in the feeds of those who liked or saved it. */
import { sql } from 'kysely';
import type { Counter } from '../../shared/counts/counters.ts';
import { countedColumns } from '../../shared/counts/index.ts';
import type { Tx } from '../../shared/db/index.ts';
import { notifyOfLikes, tellUntold, withdrawLikes } from '../../shared/notifications/index.ts';
import type { Tools } from '../../shared/tools.ts';
import { maySeeCommentBy, maySeePost } from '../../shared/users/audience.ts';
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
    if (counter === 'comment.likes') await holdPostOf(tx, targetId);
    await sql`UPDATE ${sql.table(table)} SET ${sql.ref(column)} = GREATEST(0, ${sql.ref(column)} + ${sum})
      WHERE id = ${targetId}`.execute(tx);
    if (counter !== 'post.likes' && counter !== 'post.saves' && counter !== 'comment.likes') return;
    const acts = new Map<number, number>();
    for (const { id, delta, actor_id } of deltas.toSorted((one, other) => one.id - other.id)) {
      if (actor_id !== null) acts.set(actor_id, delta > 0 ? id : -id);
    }
    if (counter === 'comment.likes') return reconcileCommentLikes(tx, targetId, [...acts.keys()]);
    if (counter === 'post.likes') await reconcileLikes(tx, targetId, [...acts.keys()]);
    await markFeeds(tools, tx, counter === 'post.likes' ? 'liked' : 'saved', targetId, acts);
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
  const cause = { userId: post.user_id, type: 'like', postId } as const;
  const [standing, undone] = parted(actorIds, stands);
  await notifyOfLikes(tx, cause, standing);
  await withdrawLikes(tx, cause, undone);
}

/** Keeps the post of a comment. Its deletion locks it before its comments: both wait in the same order. */
async function holdPostOf(tx: Tx, commentId: number): Promise<void> {
  await sql`SELECT FROM posts p JOIN comments c ON c.post_id = p.id WHERE c.id = ${commentId}
    FOR KEY SHARE OF p`.execute(tx);
}

/** The same of a comment. Its author is told while they can read it where it stands. */
async function reconcileCommentLikes(tx: Tx, commentId: number, actorIds: number[]): Promise<void> {
  const viewer = sql.ref<number>('c.user_id');
  const { rows } = await sql<{ user_id: number; post_id: number; is_readable: boolean; liking: number[] }>`
    SELECT c.user_id, c.post_id,
      ${maySeePost(viewer, 'p', 'author')} AND ${maySeeCommentBy(viewer, 'top_writer')} AS is_readable,
      (SELECT COALESCE(json_agg(user_id), '[]') FROM comment_likes
        WHERE comment_id = c.id AND user_id = ANY(${actorIds})) AS liking
    FROM comments c JOIN posts p ON p.id = c.post_id JOIN users author ON author.id = p.user_id
      JOIN comments top ON top.id = COALESCE(c.parent_id, c.id)
      JOIN users top_writer ON top_writer.id = top.user_id
    WHERE c.id = ${commentId}`.execute(tx);
  const [comment] = rows;
  if (!comment) return;
  const { user_id: userId, post_id: postId } = comment;
  const cause = { userId, type: 'comment_like', postId, commentId } as const;
  const [standing, undone] = parted(actorIds, new Set(comment.liking));
  if (comment.is_readable) await notifyOfLikes(tx, cause, standing);
  await withdrawLikes(tx, cause, undone);
}

/** Those whose like stands and those whose does not, each in the order in which they acted. */
function parted(actorIds: number[], stands: ReadonlySet<number>): [standing: number[], undone: number[]] {
  return [actorIds.filter((id) => stands.has(id)), actorIds.filter((id) => !stands.has(id))];
}

/**
 * Marks the post in the actors' cached feeds by the last act of each. The request did so already, unless it
 * died after its commit. This comes before the commit: afterwards nobody would know of the acts any more.
 *
 * @param acts by the actors' internal ids: the number of the act, negative for one that took a mark back
 */
async function markFeeds(
  { feeds }: Tools,
  tx: Tx,
  kind: 'liked' | 'saved',
  postId: number,
  acts: ReadonlyMap<number, number>,
): Promise<void> {
  const { rows } = await sql<{ id: number; user_id: string; post_id: string }>`
    SELECT u.id, u.user_id, p.post_id FROM users u, posts p
    WHERE u.id = ANY(${[...acts.keys()]}) AND p.id = ${postId}`.execute(tx);
  await Promise.all(
    rows.map((row) => feeds.mark(row.user_id, kind, row.post_id, acts.get(row.id) as number)),
  );
}

/** Copies elsewhere follow the row. All of it may run twice, also when there was nothing left to add. */
async function makeKnown(tools: Tools, counter: Counter, targetId: number): Promise<void> {
  const { db, changes, profiles, queues } = tools;
  const { table } = countedColumns[counter];
  // How often a post was saved is shown nowhere.
  if (counter === 'post.saves') return;
  if (table === 'posts') {
    const post = await db.selectFrom('posts').select('post_id').where('id', '=', targetId).executeTakeFirst();
    if (!post) return;
    await changes.announce('post', post.post_id);
    if (counter === 'post.likes') await tellUntold(tools, { postId: targetId });
  } else if (table === 'comments') {
    if (counter !== 'comment.likes') return;
    const comment = await db
      .selectFrom('comments')
      .select('post_id')
      .where('id', '=', targetId)
      .executeTakeFirst();
    if (comment) await tellUntold(tools, { postId: comment.post_id });
  } else if (table === 'users') {
    const user = await db.selectFrom('users').select('user_id').where('id', '=', targetId).executeTakeFirst();
    if (!user) return;
    await profiles.forgetCounts(user.user_id);
    if (counter === 'user.followers') {
      await queues.coalesce('index-user', user.user_id, { userId: user.user_id }, indexDelayMs);
    }
  } else if (table === 'locations') {
    const place = await db
      .selectFrom('locations')
      .select('location_id')
      .where('id', '=', targetId)
      .executeTakeFirst();
    if (!place) return;
    const locationId = place.location_id;
    await queues.coalesce('index-location', locationId, { locationId }, indexDelayMs);
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
