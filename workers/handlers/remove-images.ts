/** Removes the original and the renditions of a deleted post. */
import { keyOf } from '../../shared/ids.ts';
import { imageFolder, imageKey, maxImagesPerPost } from '../../shared/posts/image-urls.ts';
import { refuseUnderWay } from '../../shared/uploads.ts';
import type { Handler } from '../handler.ts';
import { lookAgain } from '../look-again.ts';

export const removeImages: Handler<'remove-images'> = async (payload, { tools }) => {
  const { postId } = payload;
  const { db, images } = tools;
  await refuseUnderWay(db, postId);
  const post = await db.selectFrom('posts').select('id').where('post_id', '=', postId).executeTakeFirst();
  if (post) return;
  const key = keyOf(postId);
  for (let position = 1; position <= maxImagesPerPost; position += 1) {
    await images.removeAll(`${imageFolder(imageKey(key, position))}/`);
  }
  await images.removeAll(`originals/${key}/`);
  await lookAgain(tools, 'remove-images', postId, payload);
};
