/** DELETE /v1/admin/posts/{post_id}: removes a post as its author would. */
import { z } from 'zod';
import { notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { record, wasDone } from '../../../shared/moderation/audit.ts';
import { afterPostRemoval, type PostRemoval, removePost } from '../../../shared/posts/remove.ts';
import { route } from '../../route.ts';

export const takeDownPost = route({
  method: 'delete',
  path: '/v1/admin/posts/{post_id}',
  area: 'moderation',
  summary: 'Remove a post',
  auth: 'admin',
  params: z.object({ post_id: z.string() }),
  status: 204,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    const postId = params.post_id;
    if (!isId('post', postId)) notFound('Post', 'post_id', postId);
    let removal: PostRemoval | undefined;
    return write(
      async (tx) => {
        removal = await removePost(tools, tx, postId);
        // Safe to repeat, also for another admin.
        if (!removal && !(await wasDone(tools.db, 'post.remove', postId)))
          notFound('Post', 'post_id', postId);
        if (!removal) return undefined;
        const by = { source: 'api', userId: viewer.userId } as const;
        const details = { author_id: removal.authorUserId };
        await record(tx, by, { action: 'post.remove', targetType: 'post', targetId: postId, details });
        return undefined;
      },
      async () => {
        if (removal) await afterPostRemoval(tools, removal);
      },
    );
  },
});
