/** Where the content of stories and who viewed them is kept: the port. Its adapters lie beside it; `open.ts` chooses. */

export const mediaTypes = ['image'] as const;

/** What a story shows. Paths are those of its images below the CDN's base URL. */
export type StoryContent = {
  /** The owner's public id. */
  userId: string;
  storyId: string;
  mediaType: (typeof mediaTypes)[number];
  mediaPath: string;
  thumbnailPath: string;
  /** For how long an app shows it, in seconds. */
  durationSeconds: number;
  createdAt: Date;
  expiresAt: Date;
};

/** Who viewed a story, by their public id, and when they did so for the first time. */
export type StoryView = { viewerId: string; viewedAt: Date };

/**
 * How long the store keeps what belongs to a story after it expired, in seconds: 6 h, so that a roll-up which is
 * late still finds the views.
 */
export const keptAfterExpiryS = 6 * 3_600;

/** The story store failed; a retry may succeed. */
export class StoryStoreError extends Error {
  override name = 'StoryStoreError';
}

/**
 * Stories by owner, views by story; nothing is joined, and nothing is known of users but their ids. The store
 * forgets by itself what belongs to a story `keptAfterExpiryS` after its `expiresAt`. Whether a story exists, may be
 * seen and is over is for the caller to decide: content without a fact in Postgres is nobody's.
 *
 * Every write may be repeated. Every method rejects with `StoryStoreError` if the engine fails.
 */
export type StoryStore = {
  /** Keeps a content, or replaces the one of the same story. */
  put(content: StoryContent): Promise<void>;
  /** Those of the contents that are there, in no particular order. */
  get(stories: readonly Pick<StoryContent, 'userId' | 'storyId'>[]): Promise<StoryContent[]>;
  /** Notes that somebody viewed a story; of several views of one viewer the first stands. */
  addView(story: Pick<StoryContent, 'storyId' | 'expiresAt'>, view: StoryView): Promise<void>;
  /** Which of the stories the viewer viewed; of a story that was removed it may say so until its time is over. */
  seen(viewerId: string, storyIds: readonly string[]): Promise<Set<string>>;
  /** How many viewed the story. */
  countViews(storyId: string): Promise<number>;
  /** Up to `limit` views of a story in the order of their viewers' ids, of ids above `afterViewerId`. */
  views(storyId: string, afterViewerId: string | undefined, limit: number): Promise<StoryView[]>;
  /** Removes a content and the views of its story; what is not there is removed already. */
  remove(story: Pick<StoryContent, 'userId' | 'storyId'>): Promise<void>;
  /** Removes every view of one viewer; the counts of what they viewed fall. */
  removeViewsBy(viewerId: string): Promise<void>;
  /** Rejects if the store cannot be used. */
  check(): Promise<void>;
  close(): Promise<void>;
};

/** When the store forgets what belongs to a story that expires then. */
export function keptUntil(expiresAt: Date): Date {
  return new Date(expiresAt.getTime() + keptAfterExpiryS * 1_000);
}
