/**
 * Two story stores while data moves from one to the other: the one that has everything is read, both are written.
 *
 * Decision 19 says why.
 */
import { problemsOf } from '../both-sides.ts';
import { justBefore } from '../characters.ts';
import { type StoryStore, StoryStoreError, type StoryView } from './index.ts';

/** A store, and what an operator calls it. */
export type Side = { name: string; store: StoryStore };

/**
 * Reads the one and writes to both, first to the one that is read. A write that fails on either side fails and may
 * be done again. Closing closes both.
 */
export function openBothStories(read: Side, other: Side): StoryStore {
  async function onBoth(work: (store: StoryStore) => Promise<void>): Promise<void> {
    await work(read.store);
    await work(other.store);
  }
  return {
    put: (content) => onBoth((store) => store.put(content)),
    get: (stories) => read.store.get(stories),
    async addView(story, view) {
      await read.store.addView(story, view);
      // The other side may not have the viewer's first view yet, which is the one that stands.
      const first = await viewOf(read.store, story.storyId, view.viewerId);
      if (first) await other.store.addView(story, first);
    },
    seen: (viewerId, storyIds) => read.store.seen(viewerId, storyIds),
    countViews: (storyId) => read.store.countViews(storyId),
    views: (storyId, afterViewerId, limit) => read.store.views(storyId, afterViewerId, limit),
    remove: (story) => onBoth((store) => store.remove(story)),
    removeViewsBy: (viewerId) => onBoth((store) => store.removeViewsBy(viewerId)),
    async check() {
      const problems = await problemsOf(
        [read, other].map(({ name, store }) => ({ name, check: () => store.check() })),
      );
      if (problems) throw new StoryStoreError(problems);
    },
    async close() {
      await Promise.all([read.store.close(), other.store.close()]);
    },
  };
}

/** The view of one viewer; undefined if there is none. */
export async function viewOf(
  store: StoryStore,
  storyId: string,
  viewerId: string,
): Promise<StoryView | undefined> {
  const [found] = await store.views(storyId, justBefore(viewerId), 1);
  return found?.viewerId === viewerId ? found : undefined;
}
