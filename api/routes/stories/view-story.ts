/** POST /v1/stories/{story_id}/view: noted once per viewer, however often it is said. */
import { z } from 'zod';
import { fail, notFound } from '../../../shared/errors.ts';
import { findStory } from '../../../shared/stories/facts.ts';
import { route } from '../../route.ts';

export const viewStory = route({
  method: 'post',
  path: '/v1/stories/{story_id}/view',
  area: 'stories',
  summary: 'Say that one has seen a story',
  auth: 'user',
  params: z.object({ story_id: z.string() }),
  status: 204,
  errors: ['NOT_FOUND', 'GONE'],
  async handle({ viewer, params, write, tools }) {
    const storyId = params.story_id;
    const story = await findStory(tools.db, viewer.id, storyId);
    if (!story) notFound('Story', 'story_id', storyId);
    if (story.is_over) fail('GONE', { field: 'story_id', reason: 'This story is over' });
    if (story.user_id !== viewer.userId) {
      const view = { viewerId: viewer.userId, viewedAt: new Date() };
      await tools.stories.addView({ storyId, expiresAt: story.expires_at }, view);
    }
    return write(async () => undefined);
  },
});
