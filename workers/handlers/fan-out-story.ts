/** Tells an owner's followers of a new story: their trays, and those who are connected; of many followers part by part. */
import { sql } from 'kysely';
import type { Handler } from '../handler.ts';
import { pushStoryPart } from '../push-story-part.ts';
import { walkFollowers } from '../walk-followers.ts';

export const fanOutStory: Handler<'fan-out-story'> = async ({ storyId, eventId, requestId }, { tools }) => {
  const { rows } = await sql<{ user_id: number }>`
    SELECT user_id FROM stories WHERE story_id = ${storyId} AND expires_at > now()`.execute(tools.db);
  const [story] = rows;
  if (!story) return;
  await walkFollowers(tools, story.user_id, {
    effect: { eventId, job: 'fan-out-story' },
    run: (range) => pushStoryPart(tools, storyId, range),
    enqueue: (range, part, ofEvent) => ({
      name: 'push-to-trays',
      payload: { storyId, eventId: ofEvent, part, ...range, requestId },
      id: `${ofEvent}-tray-${part}`,
    }),
  });
};
