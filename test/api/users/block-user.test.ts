import { expect } from 'chai';
import { keys } from '../../../shared/keys.ts';
import { notify } from '../../../shared/notifications/index.ts';
import { type Client, send } from '../../tools/client.ts';
import { effectsOn } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId, noticeRows } from '../../tools/rows.ts';
import { type World, world } from '../../tools/world.ts';

describe('POST and DELETE /v1/users/{user_id}/block', () => {
  let w: World;
  let count = 0;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  async function strangers(): Promise<[Client, Client]> {
    count += 1;
    return [await w.join(`alice${count}`), await w.join(`bob${count}`)];
  }
  const follow = (who: Client, whom: Client) => who.post(`/v1/users/${whom.userId}/follow`);
  const block = (who: Client, whom: Client) => who.post(`/v1/users/${whom.userId}/block`);
  const unblock = (who: Client, whom: Client) => who.delete(`/v1/users/${whom.userId}/block`);
  const profile = async (who: Client, whom: Client) => (await who.get(`/v1/users/${whom.userId}`)).body;
  const blockedBy = async (who: Client) =>
    (await who.get('/v1/users/me/blocked')).body.users.map((user: { username: string }) => user.username);

  it('hides the blocker, and shows the blocked as blocked', async () => {
    const [alice, bob] = await strangers();
    const blocked = await block(alice, bob);
    expect(blocked.status, blocked.text).to.equal(200);
    expect(blocked.body).to.eql({ user_id: bob.userId, is_blocked: true });
    expect((await block(alice, bob)).body, 'twice is once').to.eql({ user_id: bob.userId, is_blocked: true });
    expect(await profile(alice, bob)).to.include({ username: bob.username, is_blocked: true });
    expectRefusal(await bob.get(`/v1/users/${alice.userId}`), 'NOT_FOUND', {
      field: 'user_id',
      message: 'User not found',
    });
    expectRefusal(await bob.get(`/v1/users/@${alice.username}`), 'NOT_FOUND', { field: 'user_id' });
    expect(await blockedBy(alice)).to.eql([bob.username]);
    expect(await blockedBy(bob)).to.eql([]);

    const lifted = await unblock(alice, bob);
    expect(lifted.status).to.equal(200);
    expect(lifted.body).to.eql({ user_id: bob.userId, is_blocked: false });
    expect((await unblock(alice, bob)).status, 'safe to repeat').to.equal(200);
    expect(await profile(bob, alice)).to.include({ username: alice.username, is_blocked: false });
    expect(await blockedBy(alice)).to.eql([]);
  });

  it('ends follows and requests both ways, with their counts, at once and for good', async () => {
    const [alice, bob] = await strangers();
    await follow(alice, bob);
    await follow(bob, alice);
    const carol = await w.join(`carol${count}`);
    await carol.patch('/v1/users/me', { is_private: true });
    await follow(alice, carol);
    await block(alice, bob);
    await block(alice, carol);
    for (const who of [alice, bob]) {
      expect((await who.get('/v1/users/me')).body).to.include({ follower_count: 0, following_count: 0 });
    }
    expect((await carol.get('/v1/users/me/follow-requests')).body.users).to.eql([]);
    await unblock(alice, bob);
    expect(await profile(alice, bob)).to.include({ is_following: false, is_followed_by: false });
    expect((await follow(bob, alice)).body).to.include({ is_following: true, follower_count: 1 });
  });

  it('forgets feeds, follow lists and counts of both', async () => {
    const [alice, bob] = await strangers();
    await follow(alice, bob);
    await follow(bob, alice);
    const carol = await w.join(`carol${count}`);
    await follow(carol, alice);
    await follow(carol, bob);
    const kept = [alice, bob].flatMap(({ userId }) => [
      keys.feed(userId),
      keys.user(userId),
      keys.following(userId),
    ]);
    for (const who of [alice, bob]) {
      await who.get('/v1/users/me');
      await who.get('/v1/feed');
      await who.get(`/v1/users/${carol.userId}/following`);
    }
    const types = () => Promise.all(kept.map((key) => w.tools.cache.type(key)));
    expect(await types()).to.eql(['zset', 'hash', 'set', 'zset', 'hash', 'set']);
    await block(alice, bob);
    expect(await types()).to.eql(Array(6).fill('none'));
  });

  it('takes back what the two were told of each other, and nothing else', async () => {
    const [alice, bob] = await strangers();
    const carol = await w.join(`carol${count}`);
    const id = new Map<Client, number>();
    for (const who of [alice, bob, carol]) id.set(who, await internalId(w, 'users', who.userId));
    const tell = (user: Client, actor: Client) =>
      w.tools.db.transaction().execute((tx) =>
        notify(tx, {
          userId: id.get(user) as number,
          actorId: id.get(actor) as number,
          type: 'follow',
        }),
      );
    await tell(alice, bob);
    await tell(bob, alice);
    await tell(alice, carol);
    await tell(carol, bob);
    await block(alice, bob);
    const left = (await noticeRows(w)).map(({ to, from }) => [to, from]);
    expect(left).to.eql([
      [alice.username, carol.username],
      [carol.username, bob.username],
    ]);
    expect(await tell(alice, bob)).to.equal(false);
    expect(await tell(bob, alice)).to.equal(false);
  });

  it('owes the job that does all of it again', async () => {
    const [alice, bob] = await strangers();
    const blocked = await block(alice, bob);
    await block(alice, bob);
    const owed = (await effectsOn(w.tools, bob.userId)).filter(({ event }) => event !== 'userRegistered');
    expect(owed).to.eql([
      {
        event: 'userBlocked',
        job: 'separate-users',
        state: 'pending',
        payload: {
          blockerId: alice.userId,
          userId: bob.userId,
          requestId: blocked.headers.get('x-request-id'),
        },
      },
    ]);
  });

  it('refuses to follow across a block, saying why to the blocker alone', async () => {
    const [alice, bob] = await strangers();
    await block(alice, bob);
    expectRefusal(await follow(alice, bob), 'FORBIDDEN', {
      field: 'user_id',
      reason: 'You blocked this account; lift the block before you follow it',
    });
    expectRefusal(await follow(bob, alice), 'NOT_FOUND', { field: 'user_id', message: 'User not found' });
    expect((await alice.delete(`/v1/users/${bob.userId}/follow`)).body).to.include({ is_following: false });
    expectRefusal(await bob.delete(`/v1/users/${alice.userId}/follow`), 'NOT_FOUND', { field: 'user_id' });
  });

  it('answers those who are blocked 404, unless they had blocked first', async () => {
    const [alice, bob] = await strangers();
    await block(alice, bob);
    for (const act of [block, unblock]) {
      expectRefusal(await act(bob, alice), 'NOT_FOUND', { field: 'user_id', message: 'User not found' });
    }
    // Only rows written past the API can stand both ways from the start; two blocks in turn can.
    await unblock(alice, bob);
    await block(bob, alice);
    const [one, other] = await Promise.all([
      internalId(w, 'users', alice.userId),
      internalId(w, 'users', bob.userId),
    ]);
    await w.tools.db.insertInto('blocks').values({ blocker_id: one, blocked_id: other }).execute();
    expect((await block(bob, alice)).body).to.eql({ user_id: alice.userId, is_blocked: true });
    expect(await blockedBy(bob), 'to be able to lift it').to.eql([alice.username]);
    expect((await unblock(bob, alice)).body).to.eql({ user_id: alice.userId, is_blocked: false });
    expectRefusal(await unblock(bob, alice), 'NOT_FOUND', { field: 'user_id' });
    expect((await unblock(alice, bob)).status).to.equal(200);
  });

  it('leaves those out of the tagged whom the viewer may not know', async () => {
    const [alice, bob] = await strangers();
    const carol = await w.join(`carol${count}`);
    const image = await photo({ width: 60, height: 60 });
    const post = (await carol.upload(image, { tagged_users: [alice.userId, bob.userId] })).body;
    await block(alice, bob);
    const tagged = async (who: Client) =>
      (await who.get(`/v1/posts/${post.post_id}`)).body.tagged_users.map(
        (user: { username: string }) => user.username,
      );
    expect(await tagged(carol)).to.eql([alice.username, bob.username]);
    expect(await tagged(alice)).to.eql([alice.username, bob.username]);
    expect(await tagged(bob)).to.eql([bob.username]);
  });

  it('keeps who is blocked from tagging the blocker', async () => {
    const [alice, bob] = await strangers();
    await block(alice, bob);
    const image = await photo({ width: 60, height: 60 });
    expectRefusal(await bob.upload(image, { tagged_users: [alice.userId] }), 'INVALID_INPUT', {
      field: 'tagged_users',
      reason: `User '${alice.userId}' does not exist`,
    });
  });

  it('never lets a follow stand beside a block, whoever comes first', async () => {
    const [alice, bob] = await strangers();
    const { db } = w.tools;
    const ids = [await internalId(w, 'users', alice.userId), await internalId(w, 'users', bob.userId)];
    for (let round = 0; round < 15; round += 1) {
      await alice.patch('/v1/users/me', { is_private: round % 3 === 0 });
      if (round % 3 === 0) await follow(bob, alice);
      const replies = await Promise.all([
        follow(bob, alice),
        follow(alice, bob),
        round % 3 === 0 ? alice.post(`/v1/users/me/follow-requests/${bob.userId}`) : follow(bob, alice),
        block(alice, bob),
        follow(alice, bob),
      ]);
      for (const { status, text } of replies) expect(status, text).to.be.oneOf([200, 403, 404]);
      expect(replies[3]?.status).to.equal(200);
      const rows = await db.selectFrom('follows').select('id').where('follower_id', 'in', ids).execute();
      const asked = await db
        .selectFrom('follow_requests')
        .select('id')
        .where('requester_id', 'in', ids)
        .execute();
      expect([rows.length, asked.length], `round ${round}`).to.eql([0, 0]);
      await unblock(alice, bob);
      for (const who of [alice, bob]) {
        expect((await who.get('/v1/users/me')).body).to.include({ follower_count: 0, following_count: 0 });
      }
    }
  });

  it('lets one of two who block each other at once come first', async () => {
    const [alice, bob] = await strangers();
    const replies = await Promise.all([block(alice, bob), block(bob, alice)]);
    expect(replies.map(({ status }) => status).sort()).to.eql([200, 404]);
  });

  it('refuses to block oneself', async () => {
    const [alice] = await strangers();
    for (const name of [alice.userId, `@${alice.username}`, 'me']) {
      for (const act of ['post', 'delete'] as const) {
        expectRefusal(await alice[act](`/v1/users/${name}/block`), 'INVALID_INPUT', {
          field: 'user_id',
          reason: 'You cannot block yourself',
        });
      }
    }
  });

  it('answers 404 for a user there is none of, and asks for a token', async () => {
    const [alice] = await strangers();
    for (const name of ['user_01j8z3k4m5n6p7q8r9s0t1v2w3', '@nobody', '%00', 'x']) {
      for (const act of ['post', 'delete'] as const) {
        expectRefusal(await alice[act](`/v1/users/${name}/block`), 'NOT_FOUND', {
          field: 'user_id',
          message: 'User not found',
        });
      }
    }
    for (const method of ['POST', 'DELETE']) {
      expectRefusal(await send(w.base, method, `/v1/users/${alice.userId}/block`), 'UNAUTHORIZED');
    }
    expectRefusal(await send(w.base, 'GET', '/v1/users/me/blocked'), 'UNAUTHORIZED');
  });
});
