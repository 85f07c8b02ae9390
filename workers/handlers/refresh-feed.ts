/** Forgets what is cached of whom a user follows. The request did so already; this makes sure of it. */
import type { Handler } from '../handler.ts';

export const refreshFeed: Handler<'refresh-feed'> = async ({ followerId }, { tools }) => {
  const { feeds, trays, graph } = tools;
  await Promise.all([feeds.forget(followerId), trays.forget(followerId), graph.forget(followerId)]);
};
