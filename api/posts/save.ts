/** Saving and taking it back: the row, and a delta by which the feed's mark is found again after a crash. */
import { z } from 'zod';
import { addDelta } from '../../shared/counts/index.ts';
import { notFound } from '../../shared/errors.ts';
import { findVisiblePost } from '../../shared/posts/present.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Viewer, Write } from '../route.ts';
import { setMarkRow } from './mark-row.ts';

export const saveReplySchema = z
  .object({ post_id: z.string(), is_saved: z.boolean() })
  .meta({ id: 'SaveState' });

/**
 * Makes the post saved by the viewer, or not; doing so twice changes nothing. Nobody else learns of it.
 *
 * @throws {Failure} NOT_FOUND if there is no such post or the viewer may not see it.
 */
export async function setSaved(tools: Tools, viewer: Viewer, postId: string, saved: boolean, write: Write) {
  const post = await findVisiblePost(tools, viewer, postId);
  if (!post) notFound('Post', 'post_id', postId);
  let act: number | undefined;
  return write(
    async (tx) => {
      const changed = await setMarkRow(tx, 'saves', viewer.id, { id: post.id, postId }, saved);
      // Behind the row, whose lock keeps two acts of one user apart: their numbers rise in the order they count.
      if (changed) act = await addDelta(tx, 'post.saves', post.id, saved ? 1 : -1, viewer.id);
      return { post_id: postId, is_saved: saved };
    },
    async () => {
      if (act === undefined) return;
      await Promise.all([
        tools.feeds.mark(viewer.userId, 'saved', postId, saved ? act : -act),
        tools.rollUp('post.saves', post.id),
      ]);
    },
  );
}
