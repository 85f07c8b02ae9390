/** Forgets the cached feeds of all followers of a user whose posts are to be seen again. */
import { forgetFollowersFeeds } from '../forget-feeds.ts';
import type { Handler } from '../handler.ts';

export const refreshFollowers: Handler<'refresh-followers'> = async (
  { userId, eventId, requestId },
  { tools },
) => {
  await forgetFollowersFeeds(tools, userId, { eventId, job: 'refresh-followers' }, requestId);
};
