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
import { counters } from './counts/counters.ts';

/**
 * Where jobs wait, by what they need: `media` CPU and memory; `feeds`, `counts`, `search`, `stories` one engine
 * each; `notify` the live channel; `accounts` a long time.
 */
export const queueNames = ['media', 'feeds', 'counts', 'search', 'stories', 'notify', 'accounts'] as const;
export type QueueName = (typeof queueNames)[number];

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
const storyId = z.string();
/** Of an upload that failed because a store was away: the store may still carry out what it was told, so it is looked at twice. */
const mayArriveLate = z.boolean().optional();

/** Make the thumb, medium and large of each image of a post, and tell the author they are there. */
export const makeRenditions = job('make-renditions', 'media', { postId }, { timeoutMs: 120_000 });

/** Make every process forget its copy of a user. */
export const refreshUser = job('refresh-user', 'feeds', { userId });

/** Make follows of the requests that wait for an account which has become public. */
export const acceptRequests = job('accept-requests', 'feeds', { userId }, { timeoutMs: 300_000 });

/** Forget whatever connects two people between whom there is a block by now: feeds, trays, follow lists, counts, notices. */
export const separateUsers = job('separate-users', 'feeds', { blockerId: userId, userId });

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

/**
 * Complete the crossing of an author who is merged into feeds at read time from now on: forget the feeds that were
 * built before, then stop pushing.
 */
export const mergeAuthor = job('merge-author', 'feeds', { userId, eventId: z.string().optional() });

/** Forget the cached feeds of all followers of a user whose posts are to be seen again. */
export const refreshFollowers = job('refresh-followers', 'feeds', { userId, eventId: z.string().optional() });

/** One part of the two above: the followers whose follow ids lie in (afterId, upToId]. */
export const forgetFeeds = job('forget-feeds', 'feeds', {
  userId,
  eventId: z.string(),
  of: z.enum(['merge-author', 'refresh-followers']),
  part: z.int(),
  afterId: z.int(),
  upToId: z.int(),
});

/** Forget a user's cached feed, story trays and follow list, so that the next read rebuilds them from Postgres. */
export const refreshFeed = job('refresh-feed', 'feeds', { followerId: userId });

/**
 * Make every process forget its copy of a post. `deletedBy`, who deleted a comment of it, is of no use here: it is
 * what a repeated request recognises its own deletion by.
 */
export const refreshPost = job('refresh-post', 'feeds', { postId, deletedBy: userId.optional() });

/** Bring a post's hashtags, and how many posts each has, in line with its caption. */
export const countHashtags = job('count-hashtags', 'counts', { postId });

/** Bring how many posts a place has in line with where a post was taken. */
export const countLocation = job('count-location', 'counts', { postId });

/** Add up the waiting changes of one count. Coalesced: at most one waits and one runs per target. */
export const rollUpCount = job('roll-up-count', 'counts', { counter: z.enum(counters), targetId: z.int() });

/** Bring the search index in line with one post, user, hashtag or place; what is gone leaves it. */
export const indexPost = job('index-post', 'search', { postId });
export const indexUser = job('index-user', 'search', { userId });
export const indexHashtag = job('index-hashtag', 'search', { hashtag: z.string() });
export const indexLocation = job('index-location', 'search', { locationId: z.string() });

/** Bring the search index in line with every post of a user. */
export const indexPostsOf = job('index-posts-of', 'search', { userId }, { timeoutMs: 300_000 });

/** Tell people that they were tagged in a post, or mentioned in its caption. */
export const notifyTagged = job('notify-tagged', 'notify', { postId });

/**
 * Tell those whom a comment concerns: the post's author, the author of the comment it replies to, and whom it
 * mentions.
 */
export const notifyCommented = job('notify-commented', 'notify', {
  commentId: z.string(),
  repliedToId: z.string().optional(),
});

/** Tell a user of a new follower. */
export const notifyFollowed = job('notify-followed', 'notify', { followerId: userId, userId });

/** Tell the owner of a private account who asks to follow them. */
export const notifyRequested = job('notify-requested', 'notify', { requesterId: userId, userId });

/** Tell a follower that the owner of a private account accepted them. */
export const notifyAccepted = job('notify-accepted', 'notify', { followerId: userId, userId });

/** Mail the token that resets a forgotten password. */
export const mailPasswordReset = job('mail-password-reset', 'notify', { resetId: z.string() });

/** Tell a user's devices how far notices were read on one of them. */
export const tellRead = job('tell-read', 'notify', { userId, upTo: z.string() });

/** Make the two pictures of a story. */
export const makeStoryRenditions = job('make-story-renditions', 'media', { storyId }, { timeoutMs: 120_000 });

/** Note a story in its owner's followers' cached trays and tell those who are connected; for many, split into parts. */
export const fanOutStory = job('fan-out-story', 'stories', { storyId, eventId: z.string().optional() });

/** One part of a story's fan-out: the followers whose follow ids lie in (afterId, upToId]. */
export const pushToTrays = job('push-to-trays', 'stories', {
  storyId,
  eventId: z.string(),
  part: z.int(),
  afterId: z.int(),
  upToId: z.int(),
});

/** Roll a story that is over up into its row and forget the rest. No event owes it: each story has one, delayed. */
export const expireStory = job('expire-story', 'stories', { storyId });

/** Remove the content, the views and the pictures of a story that was deleted or never came to be. */
export const removeStory = job('remove-story', 'stories', { storyId, ownerId: userId, mayArriveLate });

/** Remove the files of a picture that a user shows no longer. */
export const removeAvatar = job('remove-avatar', 'media', { userId, version: z.string(), mayArriveLate });

/** Remove a deleted account and all there is of it, for as long as that takes. */
export const removeAccount = job('remove-account', 'accounts', { userId }, { timeoutMs: 30 * 60_000 });

/** Make the archive of all that somebody has here, and tell them when it is there. */
export const buildExport = job(
  'build-export',
  'accounts',
  { exportId: z.string() },
  { attempts: 5, timeoutMs: 60 * 60_000 },
);

/** Remove the original and the renditions of a post that was deleted or never came to be. */
export const removeImages = job('remove-images', 'media', { postId, mayArriveLate });

/** Every job there is; tsc wants a handler for each. */
export const jobs = [
  makeRenditions,
  fanOutPost,
  pushToFeeds,
  dropFromFeeds,
  mergeAuthor,
  refreshFollowers,
  forgetFeeds,
  refreshFeed,
  refreshUser,
  acceptRequests,
  separateUsers,
  refreshPost,
  countHashtags,
  countLocation,
  rollUpCount,
  indexPost,
  indexUser,
  indexHashtag,
  indexLocation,
  notifyTagged,
  notifyCommented,
  notifyFollowed,
  notifyRequested,
  notifyAccepted,
  tellRead,
  indexPostsOf,
  removeImages,
  mailPasswordReset,
  makeStoryRenditions,
  fanOutStory,
  pushToTrays,
  expireStory,
  removeStory,
  removeAvatar,
  removeAccount,
  buildExport,
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
  passwordResetRequested: [mailPasswordReset],
  userFollowed: [refreshFeed, notifyFollowed],
  userUnfollowed: [refreshFeed],
  followRequested: [notifyRequested],
  followAccepted: [refreshFeed, notifyAccepted],
  userEdited: [refreshUser, indexUser],
  avatarReplaced: [refreshUser, removeAvatar],
  avatarAbandoned: [removeAvatar],
  accountDeleted: [refreshUser, indexUser, removeAccount],
  exportRequested: [buildExport],
  userBecamePublic: [acceptRequests],
  userBlocked: [separateUsers],
  userMuted: [refreshFeed],
  userUnmuted: [refreshFeed],
  postCreated: [makeRenditions, fanOutPost, countHashtags, countLocation, indexPost, notifyTagged],
  postEdited: [refreshPost, countHashtags, countLocation, indexPost, notifyTagged],
  postArchived: [refreshPost, dropFromFeeds, countHashtags, countLocation, indexPost],
  postUnarchived: [refreshPost, fanOutPost, countHashtags, countLocation, indexPost, notifyTagged],
  authorMerged: [mergeAuthor],
  notificationsRead: [tellRead],
  userSuspended: [refreshUser, refreshFollowers, indexUser, indexPostsOf],
  userReinstated: [refreshUser, refreshFollowers, indexUser, indexPostsOf],
  commentCreated: [refreshPost, notifyCommented],
  commentDeleted: [refreshPost],
  storyCreated: [makeStoryRenditions, fanOutStory],
  storyDeleted: [removeStory],
  storyAbandoned: [removeStory],
  postDeleted: [refreshPost, dropFromFeeds, removeImages, indexPost],
  postAbandoned: [removeImages],
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
