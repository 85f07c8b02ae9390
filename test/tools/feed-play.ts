/** Five people who post, follow, mute, block and read through the API, and what their feeds must show. */
import { expect } from 'chai';
import { sql } from 'kysely';
import type { Feeds } from '../../shared/feeds/index.ts';
import { newId, timeOf } from '../../shared/ids.ts';
import { keys } from '../../shared/keys.ts';
import type { Client } from './client.ts';
import { emptyRedis } from './redis.ts';
import { until, type World } from './world.ts';

/** One thing that happens. `who` and `whom` are people by number; `nth` picks a post, of which its author disposes. */
export type Act =
  | { act: 'post'; who: number; count: number }
  | { act: 'delete' | 'archive' | 'unarchive'; nth: number }
  | { act: 'follow' | 'unfollow' | 'block' | 'unblock' | 'mute' | 'unmute'; who: number; whom: number }
  | { act: 'like' | 'unlike' | 'save' | 'unsave'; who: number; nth: number }
  | { act: 'return'; who: number; nth: number }
  | { act: 'read'; who: number; limit: number }
  | { act: 'reread'; who: number; times: number }
  | { act: 'lose'; what: 'feed' | 'marks' | 'cache'; who: number };

export type Page = {
  posts: { post_id: string; is_liked: boolean; is_saved: boolean }[];
  next_cursor: string | null;
  has_more: boolean;
};

/** What Postgres says of a post in somebody's feed. `isLate`: a job may still have to bring it there. */
type Expected = { post_id: string; is_liked: boolean; is_saved: boolean; is_late: boolean };

export type Setting = {
  fanOutMax: number;
  /** How many posts each has before anything is cached. */
  oldPosts: number[];
  /** How long the worker hesitates, in turn, between what it reads in Postgres and what it writes to feeds. */
  delaysMs: number[];
};

export type Play = {
  /** Begins anew: the same people with their old posts, and nothing else. */
  begin(setting: Setting): Promise<void>;
  perform(act: Act): Promise<void>;
  /** Waits until every job that concerns feeds is done. */
  settle(): Promise<void>;
  /** Reads a whole feed page by page while nobody acts, and expects it to be right. `limits` are used in turn. */
  expectFeed(who: number, limits: number[]): Promise<void>;
  /** Expects what the API says of a post's place in a feed to be true. */
  expectExplained(who: number, nth: number): Promise<void>;
};

/** Opens the play. The world's workers serve `relay` and `feeds`, its cache is not its queues' Redis. */
export async function openPlay(w: World, people: Client[], image: Uint8Array): Promise<Play> {
  const { db, cache, queues } = w.tools;
  const person = (who: number) => people[who % people.length] as Client;
  /** Everything up to this post has settled. */
  let settledAt = new Date(0);
  /** Whom somebody unfollowed or muted since, by their public ids. */
  const left = new Map<string, Set<string>>();
  let delays: number[] = [];
  let writes = 0;
  if (w.worker) hesitate(w.worker.tools.feeds);

  /** Whatever may come between reading what feeds should hold and writing it is given the time to come. */
  function hesitate(feeds: Feeds): void {
    const { push, drop } = feeds;
    const wait = () => {
      writes += 1;
      return new Promise((resolve) => setTimeout(resolve, delays[writes % delays.length] ?? 0));
    };
    feeds.push = (userIds, postId) => wait().then(() => push(userIds, postId));
    feeds.drop = (userIds, postId) => wait().then(() => drop(userIds, postId));
  }

  /** Posts that nobody is pushed, a minute apart and in turn, as the API would have written them. */
  async function writeOldPosts(counts: number[]): Promise<void> {
    const authors = counts.flatMap((count, at) => Array.from({ length: count }, (_, nth) => ({ at, nth })));
    if (authors.length === 0) return;
    const ids = authors.map(({ at, nth }) =>
      newId('post', Date.now() - (nth * people.length + at + 60) * 60_000),
    );
    await sql`WITH old AS (
        INSERT INTO posts (post_id, user_id, image_urls, created_at, updated_at)
        SELECT made.post_id, u.id, '[]', made.at, made.at
        FROM unnest(${ids}::text[], ${authors.map(({ at }) => person(at).userId)}::text[],
          ${ids.map((id) => new Date(timeOf(id)))}::timestamptz[]) AS made (post_id, user_id, at)
        JOIN users u USING (user_id)
        RETURNING id, post_id)
      INSERT INTO post_images (post_id, position, image_key, original_key, content_type, width, height,
        aspect_ratio, blurhash)
      SELECT id, 1, post_id, post_id, 'image/jpeg', 8, 8, 1, 'L00000fQfQfQfQfQfQfQfQfQfQfQ' FROM old`.execute(
      db,
    );
  }

  /** The newest first. `archived`: only those that are, or are not. */
  async function posts(archived?: boolean): Promise<{ post_id: string; author_id: string }[]> {
    const { rows } = await sql<{ post_id: string; author_id: string }>`
      SELECT p.post_id, u.user_id AS author_id FROM posts p JOIN users u ON u.id = p.user_id
      WHERE ${archived === undefined} OR p.is_archived = ${archived ?? false}
      ORDER BY p.post_id DESC`.execute(db);
    return rows;
  }

  /** The feed by its definition, which is written here a second time, as plainly as can be. */
  async function expectedOf(viewer: Client): Promise<Expected[]> {
    const { rows } = await sql<Expected>`
      SELECT p.post_id,
        EXISTS (SELECT FROM likes l WHERE l.post_id = p.id AND l.user_id = v.id) AS is_liked,
        EXISTS (SELECT FROM saves s WHERE s.post_id = p.id AND s.user_id = v.id) AS is_saved,
        p.updated_at > ${settledAt} AND a.id <> v.id AND a.unpushed_since IS NULL AS is_late
      FROM posts p JOIN users a ON a.id = p.user_id, users v
      WHERE v.user_id = ${viewer.userId} AND NOT p.is_archived AND (a.id = v.id OR (
        EXISTS (SELECT FROM follows f WHERE f.follower_id = v.id AND f.following_id = a.id)
        AND NOT EXISTS (SELECT FROM mutes m WHERE m.muter_id = v.id AND m.muted_id = a.id)
        AND NOT EXISTS (SELECT FROM blocks b WHERE (b.blocker_id = v.id AND b.blocked_id = a.id)
          OR (b.blocker_id = a.id AND b.blocked_id = v.id))))
      ORDER BY p.created_at DESC, p.post_id DESC`.execute(db);
    return rows;
  }

  /**
   * Posts that were on their way to the viewer who has just left their author: between a push and its second look
   * (decision 6) they may be in the feed once more.
   */
  async function leavingPosts(
    viewer: Client,
    shown: Page['posts'],
    expected: Expected[],
  ): Promise<Set<string>> {
    const due = new Set(expected.map((post) => post.post_id));
    const more = shown.map((post) => post.post_id).filter((postId) => !due.has(postId));
    if (more.length === 0) return new Set();
    const { rows } = await sql<{ post_id: string }>`
      SELECT p.post_id FROM posts p JOIN users a ON a.id = p.user_id
      WHERE p.post_id = ANY(${more}) AND p.updated_at > ${settledAt} AND NOT p.is_archived
        AND a.user_id = ANY(${[...(left.get(viewer.userId) ?? [])]})`.execute(db);
    return new Set(rows.map((row) => row.post_id));
  }

  async function readPage(viewer: Client, limit: number, cursor?: string | null): Promise<Page> {
    const reply = await viewer.get(`/v1/feed?limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`);
    expect(reply.status, reply.text).to.equal(200);
    const page = reply.body as Page;
    expect(page.next_cursor !== null, 'the cursor is null at the true end, and only there').to.equal(
      page.has_more,
    );
    if (page.has_more) expect(page.posts, 'a page that is not the last is full').to.have.length(limit);
    return page;
  }

  async function lose(what: 'feed' | 'marks' | 'cache', userId: string): Promise<void> {
    if (what === 'cache') await emptyRedis(cache);
    else await cache.del(what === 'feed' ? keys.feed(userId) : keys.marks(userId));
  }

  async function toPost(client: Client, verb: string, postId: string): Promise<void> {
    const path = `/v1/posts/${postId}`;
    const send = {
      delete: () => client.delete(path),
      archive: () => client.put(path, { is_archived: true }),
      unarchive: () => client.put(path, { is_archived: false }),
      like: () => client.post(`${path}/like`),
      unlike: () => client.delete(`${path}/like`),
      save: () => client.post(`${path}/save`),
      unsave: () => client.delete(`${path}/save`),
    }[verb];
    const reply = await (send as () => ReturnType<Client['get']>)();
    // Gone, or hidden from this person, by what happens at the same time.
    expect([200, 204, 404], reply.text).to.include(reply.status);
  }

  async function read(client: Client, limit: number): Promise<void> {
    const page = await readPage(client, limit);
    const ids = page.posts.map((post) => post.post_id);
    expect(ids, 'newest first, each once').to.eql([...new Set(ids)].sort().reverse());
  }

  async function reread(client: Client, times: number): Promise<void> {
    await lose('feed', client.userId);
    for (let count = 0; count < times; count += 1) await read(client, 20);
  }

  /** A post that somebody liked and saved leaves their feed, which is built without it, and comes back. */
  async function comeBack(client: Client, nth: number): Promise<void> {
    const feed = await expectedOf(client);
    const postId = feed[nth % Math.max(1, feed.length)]?.post_id;
    const post = (await posts(false)).find((candidate) => candidate.post_id === postId);
    const author = people.find(({ userId }) => userId === post?.author_id);
    if (!postId || !author) return;
    for (const verb of ['like', 'save']) await toPost(client, verb, postId);
    await toPost(author, 'archive', postId);
    await reread(client, 1);
    await toPost(author, 'unarchive', postId);
  }

  const play: Play = {
    async begin({ fanOutMax, oldPosts, delaysMs }) {
      await play.settle();
      for (const queue of queues.all) await queue.drain(true);
      await sql`TRUNCATE posts, follows, follow_requests, blocks, mutes, count_deltas, effects CASCADE`.execute(
        db,
      );
      await sql`UPDATE users SET merged_since = NULL, unpushed_since = NULL, follower_count = 0`.execute(db);
      await emptyRedis(cache);
      w.config.FANOUT_MAX = fanOutMax;
      delays = delaysMs;
      await writeOldPosts(oldPosts);
    },

    async perform(act) {
      if (act.act === 'lose') return lose(act.what, person(act.who).userId);
      if (!('who' in act)) {
        const candidates = await posts({ archive: false, unarchive: true, delete: undefined }[act.act]);
        const post = candidates[act.nth % Math.max(1, candidates.length)];
        const author = people.find(({ userId }) => userId === post?.author_id);
        return post && author && toPost(author, act.act, post.post_id);
      }
      const client = person(act.who);
      if (act.act === 'post') {
        for (let count = 0; count < act.count; count += 1) {
          const reply = await client.upload(image);
          expect(reply.status, reply.text).to.equal(201);
        }
      } else if (act.act === 'read') {
        await read(client, act.limit);
      } else if (act.act === 'reread') {
        await reread(client, act.times);
      } else if (act.act === 'return') {
        await comeBack(client, act.nth);
      } else if ('whom' in act) {
        const whom = person(act.whom);
        if (whom === client) return;
        if (act.act === 'unfollow' || act.act === 'mute') {
          left.set(client.userId, new Set([...(left.get(client.userId) ?? []), whom.userId]));
        }
        const verb = act.act.replace(/^un/, '');
        const path = `/v1/users/${whom.userId}/${verb}`;
        const reply = await (verb === act.act ? client.post(path) : client.delete(path));
        // Not found and forbidden: there is a block between them.
        expect([200, 403, 404], reply.text).to.include(reply.status);
      } else {
        const all = await posts();
        const post = all[act.nth % Math.max(1, all.length)];
        if (post) await toPost(client, act.act, post.post_id);
      }
    },

    async settle() {
      let quietRounds = 0;
      await until('the feeds settle', async () => {
        await w.worker?.relay?.drain();
        const { waiting } = await w.tools.outbox.backlog();
        const feeds = await queues.counts('feeds');
        expect(feeds.failed, 'jobs that failed').to.equal(0);
        const left = waiting + feeds.waiting + feeds.active + feeds.delayed;
        // The last job may have emitted an event between the two looks.
        quietRounds = left === 0 ? quietRounds + 1 : 0;
        return quietRounds === 2;
      });
      const { rows } = await sql<{ now: Date }>`SELECT now() AS now`.execute(db);
      settledAt = rows[0]?.now as Date;
      left.clear();
    },

    async expectFeed(who, limits) {
      const viewer = person(who);
      const expected = await expectedOf(viewer);
      const shown: Page['posts'] = [];
      let cursor: string | null = null;
      let pages = 0;
      do {
        const page = await readPage(viewer, limits[pages % limits.length] as number, cursor);
        shown.push(...page.posts);
        cursor = page.next_cursor;
        pages += 1;
      } while (cursor);
      const leaving = await leavingPosts(viewer, shown, expected);
      const isShown = new Set(shown.map((post) => post.post_id));
      const due = expected.filter((post) => !post.is_late || isShown.has(post.post_id));
      const told = ({ post_id, is_liked, is_saved }: Omit<Expected, 'is_late'>) =>
        `${post_id}${is_liked ? ' liked' : ''}${is_saved ? ' saved' : ''}`;
      const staying = shown.filter((post) => !leaving.has(post.post_id));
      expect(staying.map(told), `the feed of ${viewer.username} by pages of ${limits}`).to.eql(due.map(told));
    },

    async expectExplained(who, nth) {
      const viewer = person(who);
      const all = await posts();
      const postId = all[nth % Math.max(1, all.length)]?.post_id;
      if (postId === undefined) return;
      const feed = await expectedOf(viewer);
      const position = feed.findIndex((post) => post.post_id === postId) + 1;
      const { status, body } = await viewer.get(`/v1/feed/explain?post_id=${postId}`);
      if (status === 404) expect(position, 'a post that may not be seen is in no feed').to.equal(0);
      else expect([body.is_in_feed, body.position]).to.eql(position === 0 ? [false, null] : [true, position]);
    },
  };
  return play;
}
