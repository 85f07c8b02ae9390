/** Removes what the engines beside Postgres hold of an account whose row is gone. */
import { exportsFolder } from '../../shared/exports/index.ts';
import { keys } from '../../shared/keys.ts';
import { alignIndex } from '../../shared/search/align.ts';
import type { Tools } from '../../shared/tools.ts';
import { avatarsFolder } from '../../shared/users/avatars.ts';

/** Nothing of it comes again: whoever writes such a thing looks whether the account is still there. */
export async function removeTraces(tools: Tools, userId: string): Promise<void> {
  const { images, stories, feeds, trays, graph, profiles, cache } = tools;
  await images.removeAll(avatarsFolder(userId));
  await images.removeAll(exportsFolder(userId));
  await alignIndex(tools, 'user', userId);
  await stories.removeViewsBy(userId);
  await Promise.all([
    feeds.forget(userId),
    trays.forget(userId),
    graph.forget(userId),
    profiles.forget(userId),
    cache.unlink(keys.live(userId)),
    cache.zrem(keys.connected, userId),
  ]);
}
