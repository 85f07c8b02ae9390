/** Brings the search index in line with one post; one that is archived or gone, or whose author is hidden, leaves it. */
import type { Db } from '../../shared/db/index.ts';
import { alignIndex } from '../../shared/search/align.ts';
import type { SearchDocument } from '../../shared/search/index.ts';
import type { Handler } from '../handler.ts';

export const indexPost: Handler<'index-post'> = async ({ postId }, { tools: { db, search } }) => {
  await alignIndex(search, 'post', postId, () => documentOf(db, postId));
};

async function documentOf(db: Db, postId: string): Promise<SearchDocument | undefined> {
  const post = await db
    .selectFrom('posts')
    .innerJoin('users', 'users.id', 'posts.user_id')
    .select(['posts.id', 'caption', 'location_name', 'like_count', 'is_archived'])
    .where('post_id', '=', postId)
    .where('users.is_hidden', '=', false)
    .executeTakeFirst();
  if (!post || post.is_archived) return undefined;
  const images = await db
    .selectFrom('post_images')
    .select('alt_text')
    .where('post_id', '=', post.id)
    .orderBy('position')
    .execute();
  const texts = [post.caption, post.location_name, ...images.map((image) => image.alt_text)];
  const text = texts.filter((part) => part !== null).join('\n');
  return { type: 'post', id: postId, text, popularity: post.like_count };
}
