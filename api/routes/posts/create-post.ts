/** POST /v1/posts: one photo or several, accepted as soon as originals, rows and event are safe. */
import { z } from 'zod';
import { addDelta } from '../../../shared/counts/index.ts';
import { fail } from '../../../shared/errors.ts';
import { newId, timeOf } from '../../../shared/ids.ts';
import { filterNames } from '../../../shared/images/filter-names.ts';
import { maxImageBytes } from '../../../shared/images/limits.ts';
import { altTextField, caption, locationField, taggedUsersField } from '../../../shared/posts/fields.ts';
import { imagePaths, maxImagesPerPost } from '../../../shared/posts/image-urls.ts';
import { presentOwnPost } from '../../../shared/posts/present.ts';
import { postSchema } from '../../../shared/posts/schema.ts';
import { placeColumns, tagUsers } from '../../../shared/posts/write.ts';
import { lockUpload } from '../../../shared/uploads.ts';
import { acceptImages, altTextsFor, dropImages, type KeptImage } from '../../posts/accept-images.ts';
import { etagOf } from '../../posts/etag.ts';
import { route } from '../../route.ts';

export const createPost = route({
  method: 'post',
  path: '/v1/posts',
  area: 'posts',
  summary: 'Upload a photo, or several in their order',
  auth: 'user',
  multipart: { field: 'image', maxFiles: maxImagesPerPost, maxFileBytes: maxImageBytes },
  body: z.strictObject({
    caption: caption.optional(),
    location: locationField.optional(),
    tagged_users: taggedUsersField.optional().describe('The field repeated, or a JSON array.'),
    filter: z.enum(filterNames).default('none'),
    alt_text: altTextField
      .optional()
      .describe('One text per image, in their order: the field repeated, or a JSON array.'),
  }),
  status: 201,
  reply: postSchema,
  headers: { ETag: 'The version of the post, for If-Match and If-None-Match.' },
  errors: [],
  async handle({ viewer, body, upload, write, tools, setHeader }) {
    const files = upload?.files ?? [];
    if (files.length === 0) fail('INVALID_INPUT', { field: 'image', reason: 'An image is required' });
    const altTexts = altTextsFor(files.length, body.alt_text ?? []);

    const postId = newId('post');
    const images = await acceptImages(tools, postId, files, body.filter);
    const [first] = images as [KeptImage];
    try {
      return await write(
        async (tx) => {
          await lockUpload(tx, postId);
          const { id } = await tx
            .insertInto('posts')
            .values({
              post_id: postId,
              user_id: viewer.id,
              caption: body.caption || null,
              image_urls: JSON.stringify(images.map(({ key }) => imagePaths(key))),
              blurhash: first.blurhash,
              aspect_ratio: first.aspectRatio,
              filter: body.filter,
              created_at: new Date(timeOf(postId)),
              ...(await placeColumns(tx, body.location)),
            })
            .returning('id')
            .executeTakeFirstOrThrow();
          await tx
            .insertInto('post_images')
            .values(
              images.map((image, index) => ({
                post_id: id,
                position: image.position,
                image_key: image.key,
                original_key: image.originalKey,
                content_type: image.contentType,
                width: image.width,
                height: image.height,
                aspect_ratio: image.aspectRatio,
                blurhash: image.blurhash,
                alt_text: altTexts[index] ?? null,
              })),
            )
            .execute();
          await tagUsers(tx, id, body.tagged_users ?? []);
          await addDelta(tx, 'user.posts', viewer.id, 1);
          await tools.outbox.emit(tx, 'postCreated', postId, { postId });
          const post = await presentOwnPost(tx, tools.imageUrls, viewer, postId);
          setHeader('ETag', etagOf(post));
          return post;
        },
        () =>
          Promise.all([
            tools.wakeRelay(),
            // One's own post is in one's feed at once, before any worker runs.
            tools.feeds.push([viewer.userId], postId),
            tools.feeds.authorChanged(viewer.id),
            tools.profiles.forgetCounts(viewer.userId),
            tools.rollUp('user.posts', viewer.id),
          ]),
      );
    } catch (error) {
      await dropImages(tools, postId, error);
      throw error;
    }
  },
});
