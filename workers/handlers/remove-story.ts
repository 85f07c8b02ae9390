/** Removes what a deleted story leaves behind: content, views, pictures, original. */
import { keyOf } from '../../shared/ids.ts';
import { storyOriginalsPrefix, storyPicturesPrefix } from '../../shared/stories/pictures.ts';
import { refuseUnderWay } from '../../shared/uploads.ts';
import type { Handler } from '../handler.ts';
import { lookAgain } from '../look-again.ts';

export const removeStory: Handler<'remove-story'> = async (payload, { tools }) => {
  const { storyId, ownerId } = payload;
  await refuseUnderWay(tools.db, storyId);
  const story = await tools.db
    .selectFrom('stories')
    .select('id')
    .where('story_id', '=', storyId)
    .executeTakeFirst();
  if (story) return;
  await tools.stories.remove({ userId: ownerId, storyId });
  await tools.images.removeAll(storyPicturesPrefix(keyOf(storyId)));
  await tools.images.removeAll(storyOriginalsPrefix(storyId));
  await lookAgain(tools, 'remove-story', storyId, payload);
};
