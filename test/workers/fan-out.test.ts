/** Fan-out to more followers than one part holds. */
import { expect } from 'chai';
import { sql } from 'kysely';
import { keys } from '../../shared/keys.ts';
import { boundariesOf, followersPerPart } from '../../workers/followers.ts';
import { dropFromFeeds } from '../../workers/handlers/drop-from-feeds.ts';
import { pushPart } from '../../workers/push-part.ts';
import { sweepEffects } from '../../workers/sweep.ts';
import type { Client } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { emptyRedis } from '../tools/redis.ts';
import { type World, world } from '../tools/world.ts';

describe('fan-out', () => {
  let w: World;
  before(async () => {
    w = await world();
  });
  after(() => w[Symbol.asyncDispose]());

  async function addFollowers(authorUserId: string, count: number): Promise<void> {
    await sql`WITH added AS (
        INSERT INTO users (user_id, username)
        SELECT 'user_' || lpad(n::text, 26, '0'), 'crowd' || n FROM generate_series(1, ${count}::int) n
        RETURNING id)
      INSERT INTO follows (follower_id, following_id)
      SELECT added.id, author.id FROM added, users author WHERE author.user_id = ${authorUserId}`.execute(
      w.tools.db,
    );
  }

  const newestIn = (userId: string) => w.tools.cache.zrevrange(keys.feed(userId), 0, 0);

  async function idOf(userId: string): Promise<number> {
    const users = w.tools.db.selectFrom('users').select('id');
    return (await users.where('user_id', '=', userId).executeTakeFirstOrThrow()).id;
  }

  async function readFeed(userId: string): Promise<void> {
    await w.tools.feeds.page({ id: await idOf(userId), userId }, undefined, 20);
  }

  it('reaches every live feed part by part, once, and says how far it is', async () => {
    const star = await w.join('star');
    const fan = await w.join('fan');
    await addFollowers(star.userId, 2 * followersPerPart + 10);
    await fan.post('/v1/users/@star/follow');
    await w.settle();
    await fan.get('/v1/feed');
    const readers = [1, followersPerPart, followersPerPart + 1, 2 * followersPerPart + 10].map(
      (n) => `user_${String(n).padStart(26, '0')}`,
    );
    for (const userId of readers) await readFeed(userId);

    const post = (await star.upload(await photo({ width: 100, height: 100 }))).body;
    await w.settle();
    for (const userId of [...readers, fan.userId]) {
      expect(await newestIn(userId), userId).to.eql([post.post_id]);
    }
    const { rows } = await sql<{ parts: number; done: number }>`
      SELECT cardinality(boundaries) AS parts, (SELECT count(*) FROM effect_parts) AS done
      FROM effects WHERE subject = ${post.post_id} AND job = 'fan-out-post'`.execute(w.tools.db);
    expect(rows[0]).to.eql({ parts: 3, done: 3 });
    const { effects } = (await star.get(`/v1/posts/${post.post_id}/status`)).body;
    const fanOut = effects.find((effect: { name: string }) => effect.name === 'fan-out-post');
    expect(fanOut).to.deep.include({ state: 'done', percent: 100 });

    // A part that is lost is cut where it was cut before, although followers have left meanwhile.
    await sql`DELETE FROM follows WHERE id IN (SELECT id FROM follows ORDER BY id LIMIT 7)`.execute(
      w.tools.db,
    );
    const redo = async () => {
      await sql`UPDATE effects SET state = 'running' WHERE subject = ${post.post_id} AND job = 'fan-out-post'`.execute(
        w.tools.db,
      );
      await sql`DELETE FROM effect_parts WHERE part = 1`.execute(w.tools.db);
      await readFeed(readers[2] as string);
      await w.tools.feeds.drop([readers[2] as string], post.post_id);
      expect(await sweepEffects(w.tools, 0)).to.equal(1);
      await w.settle();
      const again = (await star.get(`/v1/posts/${post.post_id}/status`)).body.effects.find(
        (effect: { name: string }) => effect.name === 'fan-out-post',
      );
      expect(again).to.deep.include({ state: 'done', percent: 100 });
      expect(await newestIn(readers[2] as string)).to.eql([post.post_id]);
    };
    await emptyRedis(w.tools.queueRedis);
    await redo();
    // Also while the queue still keeps the job that ended, well or not.
    await redo();
  });

  it('takes the post back from somebody who unfollows under way', async () => {
    const writer = await w.join('writer');
    const leaver = await w.join('leaver');
    await leaver.post('/v1/users/@writer/follow');
    const post = (await writer.upload(await photo({ width: 100, height: 100 }))).body;
    await w.settle();
    await leaver.get('/v1/feed');
    const feeds = {
      ...w.tools.feeds,
      // The unfollow, and a read that rebuilds the feed, fall between reading the followers and pushing.
      async push(userIds: string[], postId: string) {
        await leaver.delete('/v1/users/@writer/follow');
        expect((await leaver.get('/v1/feed')).body.posts).to.eql([]);
        return w.tools.feeds.push(userIds, postId);
      },
    };
    await pushPart({ ...w.tools, feeds }, post.post_id, { afterId: 0, upToId: Number.MAX_SAFE_INTEGER });
    expect((await leaver.get('/v1/feed')).body.posts).to.eql([]);
  });

  it('leaves the post where it belongs when archiving is undone under way', async () => {
    const painter = await w.join('painter');
    const viewer = await w.join('viewer');
    await viewer.post('/v1/users/@painter/follow');
    const post = (await painter.upload(await photo({ width: 100, height: 100 }))).body;
    const path = `/v1/posts/${post.post_id}`;
    await painter.put(path, { is_archived: true });
    await w.settle();
    const ids = async (reader: Client) =>
      (await reader.get('/v1/feed')).body.posts.map(({ post_id }: { post_id: string }) => post_id);
    expect([await ids(viewer), await ids(painter)]).to.eql([[], []]);
    let isUndone = false;
    const feeds = {
      ...w.tools.feeds,
      // The undoing, with all of its jobs, falls between looking at the post and taking it out.
      async drop(userIds: string[], postId: string) {
        if (!isUndone && userIds.includes(viewer.userId)) {
          isUndone = true;
          await painter.put(path, { is_archived: false });
          await w.settle();
        }
        return w.tools.feeds.drop(userIds, postId);
      },
    };
    await dropFromFeeds(
      { postId: post.post_id, authorId: painter.userId },
      { tools: { ...w.tools, feeds }, signal: new AbortController().signal },
    );
    expect(isUndone).to.equal(true);
    expect(await ids(viewer)).to.eql([post.post_id]);
    expect(await ids(painter)).to.eql([post.post_id]);
  });

  it('never takes the author’s own post away, not even for a moment, when archiving is undone under way', async () => {
    const potter = await w.join('potter');
    const post = (await potter.upload(await photo({ width: 100, height: 100 }))).body;
    const path = `/v1/posts/${post.post_id}`;
    await potter.put(path, { is_archived: true });
    await w.settle();
    let looks = 0;
    /** The undoing, and a read, fall between looking at the post and doing something to the author's feed. */
    const under = async (write: () => Promise<void>) => {
      await potter.put(path, { is_archived: false });
      await potter.get('/v1/feed');
      await write();
      looks += 1;
      const { posts } = (await potter.get('/v1/feed')).body;
      expect(posts.map(({ post_id }: { post_id: string }) => post_id)).to.eql([post.post_id]);
    };
    const feeds = {
      ...w.tools.feeds,
      forget: (userId: string) => under(() => w.tools.feeds.forget(userId)),
      drop: (userIds: string[], postId: string) => under(() => w.tools.feeds.drop(userIds, postId)),
    };
    await dropFromFeeds(
      { postId: post.post_id, authorId: potter.userId },
      { tools: { ...w.tools, feeds }, signal: new AbortController().signal },
    );
    expect(looks).to.equal(1);
  });

  it('leaves no hole in the feed of somebody who unfollows and follows again under way', async () => {
    const poet = await w.join('poet');
    const waverer = await w.join('waverer');
    await waverer.post('/v1/users/@poet/follow');
    const post = (await poet.upload(await photo({ width: 100, height: 100 }))).body;
    await w.settle();
    const readsPost = async () => {
      const { posts } = (await waverer.get('/v1/feed')).body;
      expect(posts.map(({ post_id }: { post_id: string }) => post_id)).to.eql([post.post_id]);
    };
    let isBack = false;
    const feeds = {
      ...w.tools.feeds,
      async push(userIds: string[], postId: string) {
        const taken = await w.tools.feeds.push(userIds, postId);
        await waverer.delete('/v1/users/@poet/follow');
        await waverer.post('/v1/users/@poet/follow');
        await w.settle();
        await readsPost();
        isBack = true;
        return taken;
      },
    };
    const [upToId] = await boundariesOf(w.tools.db, await idOf(poet.userId));
    await pushPart({ ...w.tools, feeds }, post.post_id, { afterId: 0, upToId: upToId as number });
    expect(isBack).to.equal(true);
    await readsPost();
  });
});
