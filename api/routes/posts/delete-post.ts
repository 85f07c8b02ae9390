/** DELETE /v1/posts/{post_id}: gone from every read at once, from feeds, index and store by its jobs. */
import { sql } from 'kysely';
import { z } from 'zod';
import { addDelta } from '../../../shared/counts/index.ts';
import { fail, notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { findVisiblePost } from '../../../shared/posts/present.ts';
import type { Tools } from '../../../shared/tools.ts';
import { route } from '../../route.ts';

export const deletePost = route({
  method: 'delete',
  path: '/v1/posts/{post_id}',
  area: 'posts',
  summary: 'Delete a post',
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  status: 204,
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, write, tools }) {
    const postId = params.post_id;
    const found = await findVisiblePost(tools, viewer, postId);
    // A retry of a delete whose reply was lost succeeds again.
    if (!found && !(await wasDeletedBy(tools, postId, viewer.userId))) notFound('Post', 'post_id', postId);
    if (found && found.authorId !== viewer.id) {
      fail('FORBIDDEN', { field: 'post_id', reason: 'Only its author may delete a post' });
    }
    const hashtagIds: number[] = [];
    return write(
      async (tx) => {
        const post = await tx
          .selectFrom('posts')
          .select(['id', 'is_archived'])
          .where('post_id', '=', postId)
          .forUpdate()
          .executeTakeFirst();
        if (!post) return undefined;
        const links = await tx
          .deleteFrom('post_hashtags')
          .where('post_id', '=', post.id)
          .returning('hashtag_id')
          .execute();
        for (const { hashtag_id } of links) {
          hashtagIds.push(hashtag_id);
          await addDelta(tx, 'hashtag.posts', hashtag_id, -1);
        }
        await tx.deleteFrom('posts').where('id', '=', post.id).execute();
        if (!post.is_archived) await addDelta(tx, 'user.posts', viewer.id, -1);
        await tools.outbox.emit(tx, 'postDeleted', postId, { postId, authorId: viewer.userId });
        return undefined;
      },
      () =>
        Promise.all([
          tools.changes.announce('post', postId),
          tools.wakeRelay(),
          tools.profiles.forgetCounts(viewer.userId),
          tools.rollUp('user.posts', viewer.id),
          ...hashtagIds.map((id) => tools.rollUp('hashtag.posts', id)),
        ]),
    );
  },
});

async function wasDeletedBy({ db }: Tools, postId: string, userId: string): Promise<boolean> {
  if (!isId('post', postId)) return false;
  const { rows } = await sql`SELECT FROM effects WHERE subject = ${postId} AND event = 'postDeleted'
    AND payload ->> 'authorId' = ${userId} LIMIT 1`.execute(db);
  return rows.length > 0;
}
