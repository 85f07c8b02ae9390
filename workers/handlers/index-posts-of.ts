/** Has the search index brought in line with every post of one user, because they all have come or gone together. */
import type { Handler } from '../handler.ts';

/** Jobs that are enqueued in one round trip. */
const batch = 1_000;

export const indexPostsOf: Handler<'index-posts-of'> = async ({ userId, requestId }, { tools, signal }) => {
  const { db, queues } = tools;
  let after = '';
  for (;;) {
    signal.throwIfAborted();
    const posts = await db
      .selectFrom('posts')
      .innerJoin('users', 'users.id', 'posts.user_id')
      .select('posts.post_id as postId')
      .where('users.user_id', '=', userId)
      .where('posts.post_id', '>', after)
      .orderBy('posts.post_id')
      .limit(batch)
      .execute();
    await queues.addAll(posts.map(({ postId }) => ({ name: 'index-post', payload: { postId, requestId } })));
    const last = posts.at(-1);
    if (!last || posts.length < batch) return;
    after = last.postId;
  }
};
