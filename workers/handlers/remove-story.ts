/** Removes what a deleted story leaves behind: content, views, pictures, original. */
import { keyOf } from '../../shared/ids.ts';
import { storyOriginalsPrefix, storyPicturesPrefix } from '../../shared/stories/pictures.ts';
import type { Handler } from '../handler.ts';

export const removeStory: Handler<'remove-story'> = async ({ storyId, ownerId }, { tools }) => {
  const story = await tools.db
    .selectFrom('stories')
    .select('id')
    .where('story_id', '=', storyId)
    .executeTakeFirst();
  if (story) return;
  await tools.stories.remove({ userId: ownerId, storyId });
  await tools.images.removeAll(storyPicturesPrefix(keyOf(storyId)));
  await tools.images.removeAll(storyOriginalsPrefix(storyId));
};
