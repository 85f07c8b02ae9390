/** POST /v1/stories: a photo for a day, accepted as soon as its original, its content, its row and its event are safe. */
import { z } from 'zod';
import { fail } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import { extensionFor } from '../../../shared/images/index.ts';
import { maxImageBytes } from '../../../shared/images/limits.ts';
import { enqueueExpiry } from '../../../shared/stories/expiry.ts';
import { findStory, storyClock } from '../../../shared/stories/facts.ts';
import type { StoryContent } from '../../../shared/stories/index.ts';
import { storyOriginalsPrefix, storyPaths } from '../../../shared/stories/pictures.ts';
import { createdStorySchema, storyDurationS } from '../../../shared/stories/schema.ts';
import { storyUrls } from '../../../shared/stories/urls.ts';
import { lockUpload } from '../../../shared/uploads.ts';
import { cardOf } from '../../../shared/users/cards.ts';
import { inspectImage } from '../../images/inspect-image.ts';
import { wholeNumber } from '../../query-number.ts';
import { route } from '../../route.ts';
import { abandon } from '../../uploads/abandon.ts';

export const createStory = route({
  method: 'post',
  path: '/v1/stories',
  area: 'stories',
  summary: 'Post a story',
  auth: 'user',
  multipart: { field: 'image', maxFiles: 1, maxFileBytes: maxImageBytes },
  body: z.strictObject({
    duration_seconds: wholeNumber(storyDurationS)
      .default(storyDurationS.default)
      .describe('For how long an app shows it.'),
  }),
  status: 201,
  reply: createdStorySchema,
  errors: [],
  async handle({ viewer, body, upload, write, tools }) {
    const { config, db, images, stories } = tools;
    const [file] = upload?.files ?? [];
    if (!file) fail('INVALID_INPUT', { field: 'image', reason: 'An image is required' });
    const image = await inspectImage(tools, file.path, 'none');

    const createdAt = await storyClock(db);
    const storyId = newId('story', createdAt.getTime());
    const content: StoryContent = {
      userId: viewer.userId,
      storyId,
      mediaType: 'image',
      ...storyPaths(storyId),
      durationSeconds: body.duration_seconds,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + config.STORY_LIFETIME_S * 1_000),
    };
    const originalKey = `${storyOriginalsPrefix(storyId)}1.${extensionFor(image.contentType)}`;
    try {
      await images.put(originalKey, file.path, image.contentType);
      // Before the commit: whoever sees the fact finds the content.
      await stories.put(content);
      return await write(
        async (tx) => {
          await lockUpload(tx, storyId);
          await tx
            .insertInto('stories')
            .values({
              story_id: storyId,
              user_id: viewer.id,
              original_key: originalKey,
              created_at: createdAt,
              expires_at: content.expiresAt,
            })
            .execute();
          await tools.outbox.emit(tx, 'storyCreated', storyId, { storyId });
          const row = await findStory(tx, viewer.id, storyId);
          if (!row) throw new Error(`story ${storyId} was not written`);
          return {
            story_id: storyId,
            media_type: content.mediaType,
            ...storyUrls(tools, row, content),
            duration_seconds: content.durationSeconds,
            created_at: createdAt.toISOString(),
            expires_at: content.expiresAt.toISOString(),
            is_seen: true,
            user: cardOf(config.CDN_BASE_URL, row),
          };
        },
        () => Promise.all([tools.wakeRelay(), enqueueExpiry(tools, storyId, config.STORY_LIFETIME_S)]),
      );
    } catch (error) {
      await abandon(tools, error, {
        event: 'storyAbandoned',
        subject: storyId,
        facts: { storyId, ownerId: viewer.userId },
        remove: () => Promise.all([images.remove(originalKey), stories.remove(content)]),
      });
      throw error;
    }
  },
});
