/** DELETE /v1/admin/stories/{story_id}: removes a story as its owner would, also from highlights. */
import { z } from 'zod';
import { notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { record, wasDone } from '../../../shared/moderation/audit.ts';
import { deleteStories } from '../../../shared/stories/delete.ts';
import { route } from '../../route.ts';

export const takeDownStory = route({
  method: 'delete',
  path: '/v1/admin/stories/{story_id}',
  area: 'moderation',
  summary: 'Remove a story',
  auth: 'admin',
  params: z.object({ story_id: z.string() }),
  status: 204,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    const storyId = params.story_id;
    if (!isId('story', storyId)) notFound('Story', 'story_id', storyId);
    return write(
      async (tx) => {
        const owner = await tx
          .selectFrom('stories')
          .innerJoin('users', 'users.id', 'stories.user_id')
          .select(['users.id', 'users.user_id as userId'])
          .where('story_id', '=', storyId)
          .executeTakeFirst();
        const deleted = owner ? await deleteStories(tools, tx, owner, storyId) : 0;
        // Safe to repeat, also for another admin.
        if (deleted === 0 && !(await wasDone(tools.db, 'story.remove', storyId))) {
          notFound('Story', 'story_id', storyId);
        }
        if (!owner || deleted === 0) return undefined;
        const by = { source: 'api', userId: viewer.userId } as const;
        const details = { owner_id: owner.userId };
        await record(tx, by, { action: 'story.remove', targetType: 'story', targetId: storyId, details });
        return undefined;
      },
      () => tools.wakeRelay(),
    );
  },
});
