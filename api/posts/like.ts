/** Liking and unliking: the row and a delta, never the counted post. */
import { z } from 'zod';
import { actsTwice, addDelta, exactCount } from '../../shared/counts/index.ts';
import { notFound } from '../../shared/errors.ts';
import { findVisiblePost } from '../../shared/posts/present.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Viewer, Write } from '../route.ts';
import { setMarkRow } from './mark-row.ts';

export const likeReplySchema = z
  .object({ post_id: z.string(), is_liked: z.boolean(), like_count: z.int() })
  .meta({ id: 'LikeState' });

/** Makes the post liked by the viewer, or not; doing so twice changes nothing. */
export async function setLiked(tools: Tools, viewer: Viewer, postId: string, liked: boolean, write: Write) {
  const post = await findVisiblePost(tools, viewer, postId);
  if (!post) notFound('Post', 'post_id', postId);
  let act: number | undefined;
  let isRepeated = false;
  return write(
    async (tx) => {
      const changed = await setMarkRow(tx, 'likes', viewer.id, { id: post.id, postId }, liked);
      if (changed) {
        act = await addDelta(tx, 'post.likes', post.id, liked ? 1 : -1, viewer.id);
        isRepeated = await actsTwice(tx, 'post.likes', post.id, viewer.id, act);
      }
      return { post_id: postId, is_liked: liked, like_count: await exactCount(tx, 'post.likes', post.id) };
    },
    async () => {
      if (act === undefined) return;
      await Promise.all([
        tools.feeds.mark(viewer.userId, 'liked', postId, liked ? act : -act),
        tools.rollUp('post.likes', post.id),
        // A feed can add one act to the count it holds. Of a second one, which takes the first one back, it
        // cannot tell whether the first was in that count: the count is read anew.
        isRepeated ? tools.changes.announce('post', postId) : undefined,
      ]);
    },
  );
}
