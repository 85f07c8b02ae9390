/** The row by which somebody has liked or saved a post. */
import { isDangling, type Tx } from '../../shared/db/index.ts';
import { notFound } from '../../shared/errors.ts';

/**
 * Makes the row, or removes it.
 *
 * @param post its internal and its public id
 * @returns false if it was so already.
 * @throws {Failure} NOT_FOUND if the post was deleted since it was found.
 */
export async function setMarkRow(
  tx: Tx,
  table: 'likes' | 'saves',
  viewerId: number,
  post: { id: number; postId: string },
  isSet: boolean,
): Promise<boolean> {
  const changed = isSet
    ? await tx
        .insertInto(table)
        .values({ user_id: viewerId, post_id: post.id })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
        .catch((error: unknown) => {
          if (isDangling(error)) notFound('Post', 'post_id', post.postId);
          throw error;
        })
    : await tx
        .deleteFrom(table)
        .where('user_id', '=', viewerId)
        .where('post_id', '=', post.id)
        .returning('id')
        .executeTakeFirst();
  return changed !== undefined;
}
