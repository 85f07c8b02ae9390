/** Makes the renditions of a post's images and tells the author when all are there. */
import { sql } from 'kysely';
import type { FilterName } from '../../shared/images/filter-names.ts';
import { imageFolder } from '../../shared/posts/image-urls.ts';
import type { Tools } from '../../shared/tools.ts';
import { GiveUp, type Handler } from '../handler.ts';
import { renderOriginal } from '../render-original.ts';

type Image = {
  id: number;
  position: number;
  image_key: string;
  original_key: string;
  filter: FilterName;
  user_id: string;
  rendered_at: Date | null;
};

export const makeRenditions: Handler<'make-renditions'> = async ({ postId }, { tools, signal }) => {
  const { rows } = await sql<Image>`
    SELECT p.id, i.position, i.image_key, i.original_key, p.filter, u.user_id, i.rendered_at
    FROM posts p JOIN post_images i ON i.post_id = p.id JOIN users u ON u.id = p.user_id
    WHERE p.post_id = ${postId} ORDER BY i.position`.execute(tools.db);
  const [first] = rows;
  if (!first) return;
  let gone = false;
  const failures: unknown[] = [];
  try {
    for (const image of rows.filter((row) => row.rendered_at === null)) {
      signal.throwIfAborted();
      // One that cannot be made does not hold up the others.
      await render(tools, image).catch((error: unknown) => failures.push(error));
    }
  } finally {
    // Deleted meanwhile, its images may have been removed before these were put.
    gone = await isGone(tools, postId);
    if (gone) {
      for (const { image_key } of rows) await tools.images.removeAll(`${imageFolder(image_key)}/`);
    }
  }
  if (gone) return;
  // What may end better next time decides over what cannot.
  if (failures.length > 0) throw failures.find((failure) => !(failure instanceof GiveUp)) ?? failures[0];
  await tools.live.tell([first.user_id], 'post.ready', { post_id: postId });
};

async function render(tools: Tools, image: Image): Promise<void> {
  const folder = imageFolder(image.image_key);
  await renderOriginal(tools, image.original_key, image.filter, {
    thumb: `${folder}/thumb.jpg`,
    medium: `${folder}/medium.jpg`,
    large: `${folder}/large.jpg`,
  });
  await sql`UPDATE post_images SET rendered_at = now()
    WHERE post_id = ${image.id} AND position = ${image.position}`.execute(tools.db);
}

async function isGone({ db }: Tools, postId: string): Promise<boolean> {
  const row = await db.selectFrom('posts').select('id').where('post_id', '=', postId).executeTakeFirst();
  return row === undefined;
}
