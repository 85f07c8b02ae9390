/** DELETE /v1/posts/{post_id}: gone from every read at once, from feeds, index and store by its jobs. */
import { sql } from 'kysely';
import { z } from 'zod';
import { fail, notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { findVisiblePost } from '../../../shared/posts/present.ts';
import { afterPostRemoval, type PostRemoval, removePost } from '../../../shared/posts/remove.ts';
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
    let removal: PostRemoval | undefined;
    return write(
      async (tx) => {
        removal = await removePost(tools, tx, postId);
        return undefined;
      },
      async () => {
        if (removal) await afterPostRemoval(tools, removal);
      },
    );
  },
});

async function wasDeletedBy({ db }: Tools, postId: string, userId: string): Promise<boolean> {
  if (!isId('post', postId)) return false;
  const { rows } = await sql`SELECT FROM effects WHERE subject = ${postId} AND event = 'postDeleted'
    AND payload ->> 'authorId' = ${userId} LIMIT 1`.execute(db);
  return rows.length > 0;
}
