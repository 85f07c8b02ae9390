/** POST /v1/posts: a photo, accepted as soon as its original, its row and its event are safe. */
import { z } from 'zod';
import { addDelta } from '../../../shared/counts/index.ts';
import { isDatabaseDown } from '../../../shared/db/index.ts';
import { fail } from '../../../shared/errors.ts';
import { keyOf, newId, timeOf } from '../../../shared/ids.ts';
import { filterNames } from '../../../shared/images/filter-names.ts';
import { extensionFor } from '../../../shared/images/index.ts';
import { maxImageBytes } from '../../../shared/images/limits.ts';
import { imageKey, imagePaths } from '../../../shared/posts/body.ts';
import { altText, caption, locationField, taggedUsersField } from '../../../shared/posts/fields.ts';
import { presentOwnPost } from '../../../shared/posts/present.ts';
import { postSchema } from '../../../shared/posts/schema.ts';
import { placeColumns, tagUsers } from '../../../shared/posts/write.ts';
import { etagOf } from '../../posts/etag.ts';
import { inspectImage } from '../../posts/inspect-image.ts';
import { route } from '../../route.ts';

export const createPost = route({
  method: 'post',
  path: '/v1/posts',
  area: 'posts',
  summary: 'Upload a photo',
  auth: 'user',
  multipart: { field: 'image', maxFiles: 1, maxFileBytes: maxImageBytes },
  body: z.strictObject({
    caption: caption.optional(),
    location: locationField.optional(),
    tagged_users: taggedUsersField.optional(),
    filter: z.enum(filterNames).default('none'),
    alt_text: altText.optional(),
  }),
  status: 201,
  reply: postSchema,
  headers: { ETag: 'The version of the post, for If-Match and If-None-Match.' },
  errors: [],
  async handle({ viewer, body, upload, write, tools, setHeader }) {
    const [file] = upload?.files ?? [];
    if (!file) fail('INVALID_INPUT', { field: 'image', reason: 'An image is required' });
    const image = await inspectImage(tools, file.path, body.filter);

    const postId = newId('post');
    const key = imageKey(keyOf(postId), 1);
    const originalKey = `originals/${keyOf(postId)}/1.${extensionFor(image.contentType)}`;
    await tools.images.put(originalKey, file.path, image.contentType);
    try {
      return await write(
        async (tx) => {
          const { id } = await tx
            .insertInto('posts')
            .values({
              post_id: postId,
              user_id: viewer.id,
              caption: body.caption || null,
              image_urls: JSON.stringify([imagePaths(key)]),
              blurhash: image.blurhash,
              aspect_ratio: image.aspectRatio,
              filter: body.filter,
              created_at: new Date(timeOf(postId)),
              ...(await placeColumns(tx, body.location)),
            })
            .returning('id')
            .executeTakeFirstOrThrow();
          await tx
            .insertInto('post_images')
            .values({
              post_id: id,
              position: 1,
              image_key: key,
              original_key: originalKey,
              content_type: image.contentType,
              width: image.width,
              height: image.height,
              aspect_ratio: image.aspectRatio,
              blurhash: image.blurhash,
              alt_text: body.alt_text || null,
            })
            .execute();
          await tagUsers(tx, id, body.tagged_users ?? []);
          await addDelta(tx, 'user.posts', viewer.id, 1);
          await tools.outbox.emit(tx, 'postCreated', postId, { postId });
          const post = await presentOwnPost(tx, tools.config.CDN_BASE_URL, viewer, postId);
          setHeader('ETag', etagOf(post));
          return post;
        },
        () =>
          Promise.all([
            tools.wakeRelay(),
            // One's own post is in one's feed at once, before any worker runs.
            tools.feeds.push([viewer.userId], postId),
            tools.profiles.forgetCounts(viewer.userId),
            tools.rollUp('user.posts', viewer.id),
          ]),
      );
    } catch (error) {
      // Without Postgres nobody knows whether the commit happened, and the post may need its original.
      if (!isDatabaseDown(error)) await tools.images.remove(originalKey).catch(() => {});
      throw error;
    }
  },
});
