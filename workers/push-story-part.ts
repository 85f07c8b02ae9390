/** One part of a story's fan-out: from follow ids to trays. */
import { sql } from 'kysely';
import type { Tools } from '../shared/tools.ts';
import { type FollowRange, followersWithin } from './followers.ts';

/**
 * Notes a story in the trays of one range of its owner's followers and tells those who are connected. Unlike a
 * feed, a tray may name somebody who is not followed any more: whoever reads it looks.
 */
export async function pushStoryPart(tools: Tools, storyId: string, range: FollowRange): Promise<void> {
  const { db, trays, live } = tools;
  const { rows } = await sql<{ id: number; user_id: string; created_s: number }>`
    SELECT u.id, u.user_id, EXTRACT(EPOCH FROM s.created_at)::float8 AS created_s
    FROM stories s JOIN users u ON u.id = s.user_id
    WHERE s.story_id = ${storyId} AND s.expires_at > now() AND NOT u.is_hidden`.execute(db);
  const [owner] = rows;
  if (!owner) return;
  const { userIds: followers } = await followersWithin(db, owner.id, range);
  await trays.push(followers, { ownerId: owner.user_id, newestS: owner.created_s });
  await live.tell(followers, 'story.new', { story_id: storyId, user_id: owner.user_id });
}
