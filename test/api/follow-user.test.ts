import { expect } from 'chai';
import { keys } from '../../shared/keys.ts';
import { type Client, send } from '../tools/client.ts';
import { effectsOn, queuedJobs } from '../tools/owed.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('POST and DELETE /v1/users/{user_id}/follow', () => {
  let w: World;
  let image: Buffer;
  let count = 0;
  before(async () => {
    w = await world({ serves: [] });
    image = await photo({ width: 60, height: 60 });
  });
  after(() => w[Symbol.asyncDispose]());

  /** Two people nobody knows yet. */
  async function strangers(): Promise<[Client, Client]> {
    count += 1;
    return [await w.join(`alice${count}`), await w.join(`bob${count}`)];
  }
  const follow = (who: Client, whom: string) => who.post(`/v1/users/${whom}/follow`);
  const unfollow = (who: Client, whom: string) => who.delete(`/v1/users/${whom}/follow`);
  const feedOf = async (client: Client) =>
    (await client.get('/v1/feed')).body.posts.map((post: { post_id: string }) => post.post_id);

  it('answers 200 with the state and the count, the own act included', async () => {
    const [alice, bob] = await strangers();
    const followed = await follow(bob, alice.userId);
    expect(followed.status, followed.text).to.equal(200);
    const state = { user_id: alice.userId, is_following: true, is_requested: false, follower_count: 1 };
    expect(followed.body).to.eql(state);
    expect((await follow(bob, alice.userId)).body, 'twice is once').to.eql(state);
    const unfollowed = await unfollow(bob, alice.userId);
    expect(unfollowed.status).to.equal(200);
    expect(unfollowed.body).to.eql({ ...state, is_following: false, follower_count: 0 });
    expect((await unfollow(bob, alice.userId)).body.follower_count).to.equal(0);
  });

  it('takes @username, in any case', async () => {
    const [alice, bob] = await strangers();
    expect((await follow(bob, `@${alice.username}`)).body.user_id).to.equal(alice.userId);
    expect((await unfollow(bob, `@${alice.username.toUpperCase()}`)).body).to.deep.include({
      user_id: alice.userId,
      is_following: false,
    });
  });

  it('shows in both profiles at once', async () => {
    const [alice, bob] = await strangers();
    const seen = async () => {
      const { body: hers } = await bob.get(`/v1/users/${alice.userId}`);
      const { body: his } = await alice.get(`/v1/users/${bob.userId}`);
      return [hers.is_following, hers.follower_count, his.is_following, his.following_count];
    };
    expect(await seen()).to.eql([false, 0, false, 0]);
    await follow(bob, alice.userId);
    expect(await seen()).to.eql([true, 1, false, 1]);
    await unfollow(bob, alice.userId);
    expect(await seen()).to.eql([false, 0, false, 0]);
  });

  it('brings what was posted before into the feed at once, and takes it away again', async () => {
    const [alice, bob] = await strangers();
    const posts: string[] = [];
    for (let n = 0; n < 3; n += 1) posts.unshift((await alice.upload(image)).body.post_id);
    expect(await feedOf(bob)).to.eql([]);
    await follow(bob, alice.userId);
    expect(await feedOf(bob)).to.eql(posts);
    await unfollow(bob, alice.userId);
    expect(await feedOf(bob)).to.eql([]);
  });

  it('keeps a row, deltas, and owes what a follow causes', async () => {
    const [alice, bob] = await strangers();
    const followed = await follow(bob, alice.userId);
    await follow(bob, alice.userId);
    const { db } = w.tools;
    const [row, ...more] = await db
      .selectFrom('follows')
      .innerJoin('users as follower', 'follower.id', 'follows.follower_id')
      .innerJoin('users as followed', 'followed.id', 'follows.following_id')
      .select(['follower.username as follower', 'followed.username as followed', 'following_id'])
      .where('followed.user_id', '=', alice.userId)
      .execute();
    expect([row?.follower, row?.followed, more.length]).to.eql([bob.username, alice.username, 0]);
    const payload = { followerId: bob.userId, requestId: followed.headers.get('x-request-id') };
    const owed = (await effectsOn(w.tools, alice.userId)).filter(({ event }) => event !== 'userRegistered');
    expect(owed).to.eql([
      {
        event: 'userFollowed',
        job: 'notify-followed',
        state: 'pending',
        payload: { ...payload, userId: alice.userId },
      },
      { event: 'userFollowed', job: 'refresh-feed', state: 'pending', payload },
    ]);
    const rollUps = (await queuedJobs(w.tools)).filter(
      ({ payload: { counter, targetId } }) => counter === 'user.followers' && targetId === row?.following_id,
    );
    expect(rollUps.map(({ name }) => name)).to.eql(['roll-up-count']);

    await unfollow(bob, alice.userId);
    const left = await db
      .selectFrom('follows')
      .select('id')
      .where('following_id', '=', row?.following_id as number)
      .execute();
    expect(left).to.eql([]);
    const last = (await effectsOn(w.tools, alice.userId)).at(-1);
    expect([last?.event, last?.job]).to.eql(['userUnfollowed', 'refresh-feed']);
  });

  it('forgets what Redis keeps of the graph, the profiles and the feed', async () => {
    const [alice, bob] = await strangers();
    const [carol] = await strangers();
    await follow(carol, alice.userId);
    const { cache } = w.tools;
    const kept = [
      keys.user(alice.userId),
      keys.user(bob.userId),
      keys.following(bob.userId),
      keys.feed(bob.userId),
    ];
    const read = async () => {
      await Promise.all([alice, bob].map((whom) => bob.get(`/v1/users/${whom.userId}`)));
      await bob.get('/v1/feed');
      await bob.get(`/v1/users/${alice.userId}/followers`);
    };
    const types = () => Promise.all(kept.map((key) => cache.type(key)));
    for (const act of [follow, unfollow]) {
      await read();
      expect(await types()).to.eql(['hash', 'hash', 'set', 'zset']);
      expect(await cache.ttl(keys.user(alice.userId))).to.be.within(1, 86_400);
      expect(await cache.hget(keys.user(alice.userId), 'username')).to.equal(alice.username);
      await act(bob, alice.userId);
      expect(await types(), act.name).to.eql(['none', 'none', 'none', 'none']);
    }
  });

  it('counts every follower of a crowd once', async () => {
    const [alice, bob] = await strangers();
    const replies = await Promise.all(Array.from({ length: 5 }, () => follow(bob, alice.userId)));
    expect(replies.map(({ status }) => status)).to.eql([200, 200, 200, 200, 200]);
    expect((await bob.get(`/v1/users/${alice.userId}`)).body.follower_count).to.equal(1);
  });

  it('refuses to follow oneself', async () => {
    const [alice] = await strangers();
    for (const name of [alice.userId, `@${alice.username}`]) {
      for (const act of [follow, unfollow]) {
        expectRefusal(await act(alice, name), 'INVALID_INPUT', {
          field: 'user_id',
          reason: 'You cannot follow yourself',
        });
      }
    }
  });

  it('answers 404 for a user there is none of', async () => {
    const [, bob] = await strangers();
    const names = [
      'user_01j8z3k4m5n6p7q8r9s0t1v2w3',
      '@nobody',
      '@',
      '%00',
      '@%00',
      'x',
      '%F0%9F%98%80',
      encodeURIComponent("@' OR 1=1 --"),
    ];
    for (const name of names) {
      for (const act of [follow, unfollow]) {
        expectRefusal(await act(bob, name), 'NOT_FOUND', { field: 'user_id', message: 'User not found' });
      }
    }
    expectRefusal(await send(w.base, 'POST', `/v1/users/${bob.userId}/follow`), 'UNAUTHORIZED');
    expectRefusal(await send(w.base, 'DELETE', `/v1/users/${bob.userId}/follow`), 'UNAUTHORIZED');
  });
});
