/** PUT /v1/posts/{post_id}: edits what is given, keeps what is not. */
import { z } from 'zod';
import { addDelta } from '../../../shared/counts/index.ts';
import { fail, notFound } from '../../../shared/errors.ts';
import { findVisiblePost, presentOwnPost } from '../../../shared/posts/present.ts';
import { postSchema } from '../../../shared/posts/schema.ts';
import { applyEdit, type Edited, editSchema } from '../../posts/edit-post.ts';
import { etagOf } from '../../posts/etag.ts';
import { route } from '../../route.ts';

export const updatePost = route({
  method: 'put',
  path: '/v1/posts/{post_id}',
  area: 'posts',
  summary: 'Edit a post',
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  body: editSchema,
  status: 200,
  reply: postSchema,
  headers: { ETag: 'The version of the post; an edit that changes nothing leaves it.' },
  errors: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'],
  async handle({ viewer, params, body, write, tools, request, setHeader }) {
    const postId = params.post_id;
    const found = await findVisiblePost(tools, viewer, postId);
    if (!found) notFound('Post', 'post_id', postId);
    if (found.authorId !== viewer.id) {
      fail('FORBIDDEN', { field: 'post_id', reason: 'Only its author may edit a post' });
    }
    let edited: Edited;
    return write(
      async (tx) => {
        edited = await applyEdit(tx, postId, body, request.get('If-Match'));
        if (edited === 'postArchived') await addDelta(tx, 'user.posts', viewer.id, -1);
        if (edited === 'postUnarchived') await addDelta(tx, 'user.posts', viewer.id, 1);
        if (edited) await tools.outbox.emit(tx, edited, postId, { postId, authorId: viewer.userId });
        const post = await presentOwnPost(tx, tools.imageUrls, viewer, postId);
        setHeader('ETag', etagOf(post));
        return post;
      },
      async () => {
        if (!edited) return;
        await Promise.all([tools.changes.announce('post', postId), tools.wakeRelay()]);
        if (edited === 'postEdited') return;
        await Promise.all([
          // A post that is back may have been liked or saved when the feed did not have it: it is built anew.
          tools.feeds.forget(viewer.userId),
          tools.feeds.authorChanged(viewer.id),
          tools.profiles.forgetCounts(viewer.userId),
          tools.rollUp('user.posts', viewer.id),
        ]);
      },
    );
  },
});
