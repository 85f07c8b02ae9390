/** Makes the two pictures of a story. */
import { sql } from 'kysely';
import { keyOf } from '../../shared/ids.ts';
import { storyOriginalsPrefix, storyPictureKey, storyPicturesPrefix } from '../../shared/stories/pictures.ts';
import type { Handler } from '../handler.ts';
import { renderOriginal } from '../render-original.ts';

export const makeStoryRenditions: Handler<'make-story-renditions'> = async ({ storyId }, { tools }) => {
  const { db, images } = tools;
  const story = await db
    .selectFrom('stories')
    .select(['id', 'original_key', 'rendered_at'])
    .where('story_id', '=', storyId)
    .executeTakeFirst();
  if (!story || story.rendered_at) return;
  const key = keyOf(storyId);
  const isThere = async () => {
    const row = await db.selectFrom('stories').select('id').where('id', '=', story.id).executeTakeFirst();
    return row !== undefined;
  };
  try {
    const [thumb, large] = [storyPictureKey(key, 'thumb'), storyPictureKey(key, 'full')];
    await renderOriginal(tools, story.original_key, 'none', { thumb, large });
  } finally {
    // Deleted meanwhile, its pictures may have been removed before these were put.
    if (!(await isThere())) await images.removeAll(storyPicturesPrefix(key));
  }
  const { rows } = await sql<{ closed_at: Date | null }>`
    UPDATE stories SET rendered_at = now() WHERE id = ${story.id} RETURNING closed_at`.execute(db);
  // Over meanwhile, its original stayed for this.
  if (rows[0]?.closed_at) await images.removeAll(storyOriginalsPrefix(storyId));
};
