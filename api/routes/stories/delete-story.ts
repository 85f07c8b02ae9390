/** DELETE /v1/stories/{story_id}: gone from every read at once, also from highlights; the rest is its job's. */
import { sql } from 'kysely';
import { z } from 'zod';
import { fail, notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { deleteStories } from '../../../shared/stories/delete.ts';
import { findStory } from '../../../shared/stories/facts.ts';
import type { Tools } from '../../../shared/tools.ts';
import { route } from '../../route.ts';

export const deleteStory = route({
  method: 'delete',
  path: '/v1/stories/{story_id}',
  area: 'stories',
  summary: 'Delete a story, over or not',
  auth: 'user',
  params: z.object({ story_id: z.string() }),
  status: 204,
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, write, tools }) {
    const storyId = params.story_id;
    const story = await findStory(tools.db, viewer.id, storyId);
    // A retry of a delete whose reply was lost succeeds again.
    if (!story && !(await wasDeletedBy(tools, storyId, viewer.userId)))
      notFound('Story', 'story_id', storyId);
    if (story && story.user_id !== viewer.userId) {
      fail('FORBIDDEN', { field: 'story_id', reason: 'Only its owner may delete a story' });
    }
    return write(
      async (tx) => {
        await deleteStories(tools, tx, viewer, storyId);
        return undefined;
      },
      () => tools.wakeRelay(),
    );
  },
});

async function wasDeletedBy({ db }: Tools, storyId: string, userId: string): Promise<boolean> {
  if (!isId('story', storyId)) return false;
  const { rows } = await sql`SELECT FROM effects WHERE subject = ${storyId} AND event = 'storyDeleted'
    AND payload ->> 'ownerId' = ${userId} LIMIT 1`.execute(db);
  return rows.length > 0;
}
