/**
 * Every job, then what follows from what. Start reading here.
 *
 * - event: a fact that was committed, in the past tense (`postCreated`).
 * - job: work to be done later by a worker, declared once below; its payload holds ids, never rows.
 * - effect: a job that an event owes. The table `effects` at the foot says which; each retries alone.
 * - handler: the function that does a job (`workers/handlers/`, one file a job). It may run twice.
 * - queue: where jobs wait; workers choose which queues they serve.
 * - attempt: one run of a handler. After the last one the effect is `failed`, visible and repeatable.
 *
 * A job's `name` is wire format: jobs that wait in Redis carry it across a deployment. A new payload field
 * starts optional, since older jobs lack it.
 */
import { z } from 'zod';

/**
 * Where jobs wait, by what they need: `media` CPU and memory; `feeds`, `counts`, `search` one engine each; `notify`
 * the live channel. `stories` has no job yet; it is served so that a deployment need not change when it has.
 */
export const queueNames = ['media', 'feeds', 'counts', 'search', 'stories', 'notify'] as const;
export type QueueName = (typeof queueNames)[number];

/** Counts that are kept beside the rows they count. */
export const counters = [
  'post.likes',
  'post.comments',
  'user.posts',
  'user.followers',
  'user.following',
  'hashtag.posts',
] as const;
export type Counter = (typeof counters)[number];

export type Job<Name extends string = string, Payload extends z.ZodObject = z.ZodObject> = {
  name: Name;
  queue: QueueName;
  payload: Payload;
  /** How often it is tried before it counts as failed. */
  attempts: number;
  /** How long one attempt may take. */
  timeoutMs: number;
};
export type PayloadOf<J extends Job> = z.output<J['payload']>;

const requestId = z.string().optional();

function job<const Name extends string, Shape extends z.ZodRawShape>(
  name: Name,
  queue: QueueName,
  shape: Shape,
  { attempts = 8, timeoutMs = 30_000 } = {},
) {
  return { name, queue, payload: z.object({ ...shape, requestId }), attempts, timeoutMs };
}

const postId = z.string();
const userId = z.string();

/** Make the thumb, medium and large of each image of a post, and tell the author they are there. */
export const makeRenditions = job('make-renditions', 'media', { postId }, { timeoutMs: 120_000 });

/** Put a post into its author's and followers' cached feeds; for many followers, split into parts. */
export const fanOutPost = job('fan-out-post', 'feeds', { postId, eventId: z.string().optional() });

/** One part of a fan-out: the followers whose follow ids lie in (afterId, upToId]. */
export const pushToFeeds = job('push-to-feeds', 'feeds', {
  postId,
  eventId: z.string(),
  part: z.int(),
  afterId: z.int(),
  upToId: z.int(),
});

/** Take a post out of every cached feed it may be in. */
export const dropFromFeeds = job(
  'drop-from-feeds',
  'feeds',
  { postId, authorId: userId },
  { timeoutMs: 300_000 },
);

/** Forget a user's cached feed and follow list, so that the next read rebuilds them from Postgres. */
export const refreshFeed = job('refresh-feed', 'feeds', { followerId: userId });

/** Make every process forget its copy of a post. */
export const refreshPost = job('refresh-post', 'feeds', { postId });

/** Bring a post's hashtags, and how many posts each has, in line with its caption. */
export const countHashtags = job('count-hashtags', 'counts', { postId });

/** Add up the waiting changes of one count. Coalesced: at most one waits and one runs per target. */
export const rollUpCount = job('roll-up-count', 'counts', { counter: z.enum(counters), targetId: z.int() });

/** Bring the search index in line with one post, user or hashtag; what is gone leaves it. */
export const indexPost = job('index-post', 'search', { postId });
export const indexUser = job('index-user', 'search', { userId });
export const indexHashtag = job('index-hashtag', 'search', { hashtag: z.string() });

/** Tell people that they were tagged in a post, or mentioned in its caption. */
export const notifyTagged = job('notify-tagged', 'notify', { postId });

/** Tell a user of a new follower. */
export const notifyFollowed = job('notify-followed', 'notify', { followerId: userId, userId });

/** Remove the original and the renditions of a deleted post. */
export const removeImages = job('remove-images', 'media', { postId });

/** Every job there is; tsc wants a handler for each. */
export const jobs = [
  makeRenditions,
  fanOutPost,
  pushToFeeds,
  dropFromFeeds,
  refreshFeed,
  refreshPost,
  countHashtags,
  rollUpCount,
  indexPost,
  indexUser,
  indexHashtag,
  notifyTagged,
  notifyFollowed,
  removeImages,
] as const;

export type AnyJob = (typeof jobs)[number];
export type JobName = AnyJob['name'];
export type JobNamed<Name extends JobName> = Extract<AnyJob, { name: Name }>;

/** False for a job that another version of the code declares. */
export function isJobName(name: string): name is JobName {
  return jobs.some((job) => job.name === name);
}

/** What follows from what. Each job on the right is enqueued, tried and recorded on its own. */
export const effects = {
  userRegistered: [indexUser],
  userFollowed: [refreshFeed, notifyFollowed],
  userUnfollowed: [refreshFeed],
  postCreated: [makeRenditions, fanOutPost, countHashtags, indexPost, notifyTagged],
  postEdited: [refreshPost, countHashtags, indexPost, notifyTagged],
  postArchived: [refreshPost, dropFromFeeds, countHashtags, indexPost],
  postUnarchived: [refreshPost, fanOutPost, countHashtags, indexPost, notifyTagged],
  postDeleted: [refreshPost, dropFromFeeds, removeImages, indexPost],
} as const satisfies Record<string, readonly AnyJob[]>;

export type EventName = keyof typeof effects;

type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  member: infer All,
) => void
  ? All
  : never;

/** What must be known of an event: all that any of its jobs wants. */
export type FactsOf<Event extends EventName> = Omit<
  Intersection<z.output<(typeof effects)[Event][number]['payload']>>,
  'requestId' | 'eventId'
>;
