/** Traffic while engines come and go: what people do all day, and the proof that none of it was lost. */
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { keyOf } from '../../shared/ids.ts';
import type { Client, Reply } from './client.ts';
import { photo } from './photos.ts';
import { postStory } from './stories.ts';
import type { World } from './world.ts';

/** Between two acts of one kind, so that two busy cores keep up: pictures take long to make. */
const pauseMs = 120;
const picturePauseMs = 600;
/** Slower than what is made, so that there is something to delete also while nothing can be made. */
const deletePauseMs = 1_500;
const deletesAtLeast = 2;

function pauseOf(act: Act): number {
  if (act.startsWith('delete')) return deletePauseMs;
  return act === 'post' || act === 'story' ? picturePauseMs : pauseMs;
}

/** Pictures that hang for 5 s each come slowly. */
const flowsWithinMs = 60_000;

export const acts = [
  'post',
  'like',
  'comment',
  'story',
  'view story',
  'stories',
  'search',
  'feed',
  'profile',
  'image',
  'delete post',
  'delete story',
] as const;
export type Act = (typeof acts)[number];

type Done = { act: Act; phase: string; status: number; ms: number; text: string };

export type Traffic = {
  /** What is answered from now on counts under this name. */
  enter(phase: string): void;
  /** Statuses and how often each was answered, such as `{ 200: 31, 503: 4 }`. */
  statuses(phase: string, act: Act): Record<number, number>;
  /** Resolves when so many of each kind, but few deletes, have been answered in the phase that is now. */
  flows(times: number, among?: readonly Act[]): Promise<void>;
  /** Milliseconds of the answers, as `{ p50, p99, max }`. */
  times(phase: string, act: Act): { p50: number; p99: number; max: number; count: number };
  /** Ends it once everything under way is answered. */
  stop(): Promise<void>;
  /** Holds everything that was accepted against what there is. `objects`: the keys of all images. */
  expectAllThere(objects: () => Promise<string[]>): Promise<void>;
};

export type TrafficOptions = {
  /** Whether what is refused may have happened all the same, as when the answer to a commit is lost. */
  isRefusalUnsure?: boolean;
};

/** A word that only this post has, for the search to find it by. */
const wordOf = (number: number) =>
  `wort${number.toString(26).replaceAll(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] as string)}`;

/** Lets alice post and tell stories, bob and carol read, like, comment and search, until it is stopped. */
export async function startTraffic(
  w: World,
  { isRefusalUnsure = false }: TrafficOptions = {},
): Promise<Traffic> {
  const [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await w.join('carol')];
  await bob.post('/v1/users/@alice/follow');
  await carol.post('/v1/users/@alice/follow');
  const image = await photo({ width: 24, height: 16 });

  const posts = new Map<string, { word: string; imagePath: string; comments: string[]; isLiked: boolean }>();
  /** Undefined: a view was refused, and may have been noted all the same. */
  const stories = new Map<string, { isViewed: boolean | undefined }>();
  const gone = { posts: new Map<string, string>(), stories: new Set<string>() };
  const done: Done[] = [];
  let phase = 'before';
  let isOver = false;
  let failure: unknown;
  let number = 0;

  const newest = <Value>(map: Map<string, Value>): [string, Value] | undefined => [...map].at(-1);
  const oldest = <Value>(map: Map<string, Value>): [string, Value] | undefined => [...map].at(0);
  /** Deleting leaves some to look at, and enough for an outage in which nothing can be made. */
  const kept = () => (phase === 'away' ? 4 : 8);

  const perform: Record<Act, () => Promise<Reply | undefined>> = {
    async post() {
      number += 1;
      const word = wordOf(number);
      const reply = await alice.upload(image, { caption: `A day of ${word}` });
      if (reply.status === 201) {
        const imagePath = reply.body.images.large.replace(w.config.CDN_BASE_URL, '');
        posts.set(reply.body.post_id, { word, imagePath, comments: [], isLiked: false });
      }
      return reply;
    },
    async like() {
      const [postId, post] = newest(posts) ?? [];
      if (!postId || !post) return;
      const reply = await bob.post(`/v1/posts/${postId}/like`);
      if (reply.status === 200) post.isLiked = true;
      return reply;
    },
    async comment() {
      const [postId, post] = newest(posts) ?? [];
      if (!postId || !post) return;
      const reply = await carol.post(`/v1/posts/${postId}/comment`, { text: 'So it goes' });
      if (reply.status === 201) post.comments.push(reply.body.comment_id);
      return reply;
    },
    async story() {
      const reply = await postStory(alice);
      if (reply.status === 201) stories.set(reply.body.story_id, { isViewed: false });
      return reply;
    },
    async 'view story'() {
      const [storyId, story] = newest(stories) ?? [];
      if (!storyId || !story) return;
      const reply = await bob.post(`/v1/stories/${storyId}/view`);
      if (reply.status === 204) story.isViewed = true;
      else story.isViewed ||= undefined;
      return reply;
    },
    stories: () => bob.get('/v1/stories'),
    search: () => carol.get('/v1/search?q=alice'),
    feed: () => bob.get('/v1/feed?limit=20'),
    profile: () => carol.get('/v1/users/@alice'),
    async image() {
      // Neither a new one, which may be waited for, nor the oldest, which may be deleted meanwhile.
      const [, post] = [...posts].at(2) ?? [];
      return post && (await carol.get(post.imagePath));
    },
    async 'delete post'() {
      const [postId, post] = oldest(posts) ?? [];
      if (!postId || !post || posts.size <= kept()) return;
      posts.delete(postId);
      const reply = await alice.delete(`/v1/posts/${postId}`);
      if (reply.status === 204) gone.posts.set(postId, post.word);
      return reply;
    },
    async 'delete story'() {
      const [storyId] = oldest(stories) ?? [];
      if (!storyId || stories.size <= kept()) return;
      stories.delete(storyId);
      const reply = await alice.delete(`/v1/stories/${storyId}`);
      if (reply.status === 204) gone.stories.add(storyId);
      return reply;
    },
  };

  async function keepDoing(act: Act): Promise<void> {
    while (!isOver) {
      const during = phase;
      const startedAt = performance.now();
      const reply = await perform[act]();
      if (reply) {
        const { status, text } = reply;
        expectProper(act, reply);
        done.push({ act, phase: during, status, ms: performance.now() - startedAt, text });
      }
      await setTimeout(pauseOf(act) * (0.5 + Math.random()));
    }
  }

  const running = Promise.all(acts.map(keepDoing));
  running.catch((error: unknown) => {
    failure = error;
    isOver = true;
  });
  const of = (asked: string, act: Act) => done.filter((each) => each.phase === asked && each.act === act);

  return {
    enter(next) {
      phase = next;
    },
    statuses(asked, act) {
      const groups = Map.groupBy(of(asked, act), ({ status }) => status);
      return Object.fromEntries([...groups].map(([status, replies]) => [status, replies.length]));
    },
    async flows(times, among = acts) {
      const deadline = Date.now() + flowsWithinMs;
      const lacking = () =>
        among.filter(
          (act) =>
            of(phase, act).length < (act.startsWith('delete') ? Math.min(times, deletesAtLeast) : times),
        );
      while (lacking().length > 0 && !failure) {
        if (Date.now() > deadline) throw new Error(`${phase}: too few of ${lacking().join(', ')}`);
        await setTimeout(20);
      }
      if (failure) throw failure;
    },
    times(asked, act) {
      const sorted = of(asked, act)
        .map(({ ms }) => Math.round(ms))
        .sort((one, other) => one - other);
      const at = (share: number) =>
        sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
      return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0, count: sorted.length };
    },
    async stop() {
      isOver = true;
      await running;
    },
    async expectAllThere(objects) {
      await w.settle();
      const undone = await w.tools.db
        .selectFrom('effects')
        .select(['event', 'job', 'state', 'last_error'])
        .where('state', '<>', 'done')
        .execute();
      expect(undone, 'effects that are not done').to.eql([]);

      const feed = await feedOf(bob);
      expect(
        [...posts.keys()].filter((id) => !feed.includes(id)),
        'posts missing in the feed',
      ).to.eql([]);
      expect(
        [...gone.posts.keys()].filter((id) => feed.includes(id)),
        'deleted posts in the feed',
      ).to.eql([]);
      for (const [postId, { word, imagePath, comments, isLiked }] of posts) {
        const { body } = await bob.get(`/v1/posts/${postId}`);
        expect([body.is_liked, body.comment_count], postId).to.eql([isLiked, comments.length]);
        expect((await carol.get(imagePath)).status, `the image of ${postId}`).to.equal(200);
        const found = (await carol.get(`/v1/search?q=${word}`)).body.results;
        expect(JSON.stringify(found), `search for ${word}`).to.contain(postId);
      }
      for (const [postId, word] of gone.posts) {
        const found = (await carol.get(`/v1/search?q=${word}`)).body.results;
        expect(JSON.stringify(found), 'a deleted post').not.to.contain(postId);
      }

      const [tray] = (await bob.get('/v1/stories')).body.story_trays;
      const shown = new Map<string, boolean>(
        tray.stories.map((story: { story_id: string; is_seen: boolean }) => [story.story_id, story.is_seen]),
      );
      const extra = [...shown.keys()].filter((storyId) => !stories.has(storyId));
      expect(
        extra.filter((storyId) => gone.stories.has(storyId)),
        'deleted stories in the tray',
      ).to.eql([]);
      if (!isRefusalUnsure) expect(extra, 'refused stories in the tray').to.eql([]);
      for (const storyId of extra) shown.delete(storyId);
      const expected = [...stories].map(([storyId, { isViewed }]) => [
        storyId,
        isViewed ?? shown.get(storyId),
      ]);
      expect([...shown].sort(), 'the tray').to.eql(expected.sort());
      const contents = await w.tools.stories.get(
        [...gone.stories].map((storyId) => ({ userId: alice.userId, storyId })),
      );
      expect(contents, 'contents of deleted stories').to.eql([]);

      const kept = (await objects()).filter((key) => /^(originals|p|stories)\//.test(key));
      const ids = isRefusalUnsure ? await idsOf(w) : [...posts.keys(), ...stories.keys()];
      const originals = kept.filter((key) => key.startsWith('originals/'));
      expect(
        ids.filter((id) => !originals.some((key) => key.includes(keyOf(id)))),
        'what has lost its original',
      ).to.eql([]);
      const there = new Set(ids.map(keyOf));
      const left = kept.filter((key) => !there.has((key.split('/').at(-2) as string).replace(/_\d+$/, '')));
      expect(left, 'files of what was deleted or refused').to.eql([]);
    },
  };
}

/** The ids of all posts and stories there are. */
async function idsOf({ tools: { db } }: World): Promise<string[]> {
  const posts = await db.selectFrom('posts').select('post_id as id').execute();
  const stories = await db.selectFrom('stories').select('story_id as id').execute();
  return [...posts, ...stories].map(({ id }) => id);
}

/** What may be answered while something is away: what is always answered, or that it can be had later. */
function expectProper(act: Act, { status, headers, body, text }: Reply): void {
  if (status < 400) return;
  expect(`${status} ${body?.error?.code}`, `${act}: ${text.slice(0, 300)}`).to.equal(
    '503 SERVICE_UNAVAILABLE',
  );
  expect(Number(headers.get('retry-after')), act).to.be.within(1, 60);
  expect(body.error.request_id).to.match(/^req_/);
}

async function feedOf(who: Client): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await who.get(`/v1/feed?limit=100${cursor ? `&cursor=${cursor}` : ''}`);
    seen.push(...body.posts.map((post: { post_id: string }) => post.post_id));
    cursor = body.next_cursor;
  }
  return seen;
}
