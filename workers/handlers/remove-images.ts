/** Removes the original and the renditions of a deleted post. */
import { keyOf } from '../../shared/ids.ts';
import type { Handler } from '../handler.ts';

export const removeImages: Handler<'remove-images'> = async ({ postId }, { tools: { db, images } }) => {
  const post = await db.selectFrom('posts').select('id').where('post_id', '=', postId).executeTakeFirst();
  if (post) return;
  // Keys of one post have one length and begin alike, so a prefix reaches all its images and no other's.
  const key = keyOf(postId);
  await images.removeAll(`p/${key}`);
  await images.removeAll(`originals/${key}`);
};
