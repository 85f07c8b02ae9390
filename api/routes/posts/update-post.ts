/** PUT /v1/posts/{post_id}: edits what is given, keeps what is not. */
import { z } from 'zod';
import { addDelta } from '../../../shared/counts/index.ts';
import { fail, notFound } from '../../../shared/errors.ts';
import { altText, caption, location, taggedUsers } from '../../../shared/posts/fields.ts';
import { findVisiblePost, presentOwnPost } from '../../../shared/posts/present.ts';
import { postSchema } from '../../../shared/posts/schema.ts';
import { placeColumns, tagUsers } from '../../../shared/posts/write.ts';
import { etagOf, refuseStale } from '../../posts/etag.ts';
import { route } from '../../route.ts';

export const updatePost = route({
  method: 'put',
  path: '/v1/posts/{post_id}',
  area: 'posts',
  summary: 'Edit a post',
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  body: z.strictObject({
    caption: caption.nullable().optional(),
    location: location.nullable().optional(),
    tagged_users: taggedUsers.optional(),
    alt_text: altText.nullable().optional(),
    is_archived: z.boolean().optional(),
    is_comments_disabled: z.boolean().optional(),
  }),
  status: 200,
  reply: postSchema,
  headers: { ETag: 'The new version of the post.' },
  errors: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'],
  async handle({ viewer, params, body, write, tools, request, setHeader }) {
    const postId = params.post_id;
    const found = await findVisiblePost(tools, viewer, postId);
    if (!found) notFound('Post', 'post_id', postId);
    if (found.authorId !== viewer.id) {
      fail('FORBIDDEN', { field: 'post_id', reason: 'Only its author may edit a post' });
    }
    return write(
      async (tx) => {
        const before = await tx
          .selectFrom('posts')
          .select(['id', 'version', 'is_archived'])
          .where('post_id', '=', postId)
          .forUpdate()
          .executeTakeFirst();
        if (!before) notFound('Post', 'post_id', postId);
        refuseStale(request.get('If-Match'), before.version);
        const archived = body.is_archived ?? before.is_archived;
        await tx
          .updateTable('posts')
          .set({
            version: before.version + 1,
            updated_at: new Date(),
            is_archived: archived,
            ...(body.caption === undefined ? {} : { caption: body.caption || null }),
            ...(body.is_comments_disabled === undefined
              ? {}
              : { is_comments_disabled: body.is_comments_disabled }),
            ...(body.location === undefined ? {} : await placeColumns(tx, body.location)),
          })
          .where('id', '=', before.id)
          .execute();
        if (body.alt_text !== undefined) {
          await tx
            .updateTable('post_images')
            .set({ alt_text: body.alt_text || null })
            .where('post_id', '=', before.id)
            .where('position', '=', 1)
            .execute();
        }
        if (body.tagged_users) await tagUsers(tx, before.id, body.tagged_users);
        if (archived !== before.is_archived) await addDelta(tx, 'user.posts', viewer.id, archived ? -1 : 1);
        const event =
          archived === before.is_archived ? 'postEdited' : archived ? 'postArchived' : 'postUnarchived';
        await tools.outbox.emit(tx, event, postId, { postId, authorId: viewer.userId });
        const post = await presentOwnPost(tx, tools.config.CDN_BASE_URL, viewer, postId);
        setHeader('ETag', etagOf(post));
        return post;
      },
      (post) =>
        Promise.all([
          tools.changes.announce('post', postId),
          tools.wakeRelay(),
          post.is_archived
            ? tools.feeds.drop([viewer.userId], postId)
            : tools.feeds.push([viewer.userId], postId),
          tools.profiles.forgetCounts(viewer.userId),
          tools.rollUp('user.posts', viewer.id),
        ]),
    );
  },
});
