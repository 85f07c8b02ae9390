/** Completes a crossing: forgets the feeds that were built before an author was merged, and stops pushing to feeds. */
import { stopPushing } from '../begin-merging.ts';
import { forgetFollowersFeeds } from '../forget-feeds.ts';
import type { Handler } from '../handler.ts';

export const mergeAuthor: Handler<'merge-author'> = async ({ userId, eventId, requestId }, { tools }) => {
  const effect = { eventId, job: 'merge-author' } as const;
  if (await forgetFollowersFeeds(tools, userId, effect, requestId)) await stopPushing(tools.db, userId);
};
