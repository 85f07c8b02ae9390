/** Makes the renditions of a post's images and tells the author when all are there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { DecodeError } from '../../shared/images/decoder.ts';
import type { FilterName } from '../../shared/images/filter-names.ts';
import type { Tools } from '../../shared/tools.ts';
import { GiveUp, type Handler } from '../handler.ts';
import { renditionsFolder } from '../renditions-folder.ts';

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
  try {
    for (const image of rows.filter((row) => row.rendered_at === null)) {
      signal.throwIfAborted();
      await render(tools, image);
    }
  } finally {
    // Deleted meanwhile, its images may have been removed before these were put.
    gone = await isGone(tools, postId);
    if (gone) {
      for (const { image_key } of rows) await tools.images.removeAll(`p/${image_key}/`);
    }
  }
  if (gone) return;
  await tools.live.tell([first.user_id], 'post.ready', { post_id: postId });
};

async function render({ config, db, images, decoder }: Tools, image: Image): Promise<void> {
  const directory = await mkdtemp(join(renditionsFolder(config.DATA_DIR), 'post-'));
  try {
    const renditions = await images.withFile(image.original_key, (path) =>
      decoder.render(path, directory, image.filter),
    );
    for (const { name, path } of renditions) {
      await images.put(`p/${image.image_key}/${name}.jpg`, path, 'image/jpeg');
    }
    await sql`UPDATE post_images SET rendered_at = now()
      WHERE post_id = ${image.id} AND position = ${image.position}`.execute(db);
  } catch (error) {
    // It was decoded whole before it was accepted: only a crash or a timeout may end better next time.
    if (error instanceof DecodeError && error.kind !== 'crashed' && error.kind !== 'timeout') {
      throw new GiveUp(error.message);
    }
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function isGone({ db }: Tools, postId: string): Promise<boolean> {
  const row = await db.selectFrom('posts').select('id').where('post_id', '=', postId).executeTakeFirst();
  return row === undefined;
}
