/** Has the cached feeds of all followers of a user rebuilt, part by part where they are many. */
import type { Tools } from '../shared/tools.ts';
import { type FollowRange, followersWithin } from './followers.ts';
import { walkFollowers } from './walk-followers.ts';

/** Forgets the feeds of one range of an author's followers. Those who muted the author have nothing to forget. */
export async function forgetPart(
  { db, feeds }: Pick<Tools, 'db' | 'feeds'>,
  authorId: number,
  range: FollowRange,
): Promise<void> {
  await feeds.forgetAll((await followersWithin(db, authorId, range)).userIds);
}

/**
 * Forgets the cached feeds of everybody who follows the user now; who follows later has their feed forgotten then.
 * What processes have in memory of the user's posts goes too.
 *
 * @param effect the effect this is; its parts are jobs named `forget-feeds`
 * @returns whether everything is done; if not, jobs have it in hand.
 */
export async function forgetFollowersFeeds(
  tools: Tools,
  userId: string,
  effect: { eventId: string | undefined; job: 'merge-author' | 'refresh-followers' },
  requestId: string | undefined,
): Promise<boolean> {
  const author = await tools.db
    .selectFrom('users')
    .select('id')
    .where('user_id', '=', userId)
    .executeTakeFirst();
  if (!author) return true;
  await tools.feeds.authorChanged(author.id);
  return walkFollowers(tools, author.id, {
    effect,
    run: (range) => forgetPart(tools, author.id, range),
    enqueue: (range, part, eventId) => ({
      name: 'forget-feeds',
      payload: { userId, eventId, of: effect.job, part, ...range, requestId },
      id: `${eventId}-forget-${part}`,
    }),
  });
}
