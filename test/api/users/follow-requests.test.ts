import { expect } from 'chai';
import { encodeCursor } from '../../../api/cursor.ts';
import { type Client, send } from '../../tools/client.ts';
import { jobsOwed } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

const path = '/v1/users/me/follow-requests';

describe('/v1/users/me/follow-requests', () => {
  let w: World;
  let image: Buffer;
  let count = 0;
  before(async () => {
    w = await world({ serves: [] });
    image = await photo({ width: 60, height: 60 });
  });
  after(() => w[Symbol.asyncDispose]());

  /** Somebody with a private account, and as many who ask to follow it, in this order. */
  async function asked(many = 1): Promise<[Client, ...Client[]]> {
    count += 1;
    const alice = await w.join(`alice${count}`);
    await alice.patch('/v1/users/me', { is_private: true });
    const asking: Client[] = [];
    for (let n = 0; n < many; n += 1) {
      const bob = await w.join(`bob${count}_${n}`);
      await bob.post(`/v1/users/${alice.userId}/follow`);
      asking.push(bob);
    }
    return [alice, ...asking];
  }
  const list = async (who: Client) =>
    (await who.get(path)).body.users.map((user: { username: string }) => user.username);

  it('lists who asks, the newest first, page by page', async () => {
    const [alice, ...asking] = await asked(5);
    const names = asking.map(({ username }) => username).reverse();
    const { status, body } = await alice.get(path);
    expect(status).to.equal(200);
    expect(Object.keys(body)).to.eql(['users', 'next_cursor', 'has_more']);
    expect(Object.keys(body.users[0])).to.eql(['user_id', 'username', 'profile_pic_url', 'is_verified']);
    expect(body.users.map((user: { username: string }) => user.username)).to.eql(names);
    expect([body.next_cursor, body.has_more]).to.eql([null, false]);

    const first = (await alice.get(`${path}?limit=2`)).body;
    const carol = await w.join(`carol${count}`);
    await carol.post(`/v1/users/${alice.userId}/follow`);
    await asking[2]?.delete(`/v1/users/${alice.userId}/follow`);
    const second = (await alice.get(`${path}?limit=2&cursor=${first.next_cursor}`)).body;
    const seen = [...first.users, ...second.users].map((user: { username: string }) => user.username);
    expect(seen).to.eql([names[0], names[1], names[3], names[4]]);
    expect([second.next_cursor, second.has_more]).to.eql([null, false]);
  });

  it('leaves out who is hidden', async () => {
    const [alice, bob] = await asked();
    await w.tools.db
      .updateTable('users')
      .set({ suspended_at: new Date() })
      .where('user_id', '=', (bob as Client).userId)
      .execute();
    expect(await list(alice)).to.eql([]);
    expectRefusal(await alice.post(`${path}/${bob?.userId}`), 'NOT_FOUND', {
      field: 'user_id',
      message: 'User not found',
    });
  });

  it('makes a follow of what is accepted, once, and shows the account from the next request on', async () => {
    const [alice, bob] = (await asked()) as [Client, Client];
    const post = (await alice.upload(image)).body.post_id;
    const feed = async () =>
      (await bob.get('/v1/feed')).body.posts.map((each: { post_id: string }) => each.post_id);
    expect(await feed()).to.eql([]);
    expect((await bob.get(`/v1/posts/${post}`)).status).to.equal(404);

    const accepted = await alice.post(`${path}/${bob.userId}`);
    expect(accepted.status, accepted.text).to.equal(200);
    const state = { user_id: bob.userId, is_followed_by: true, follower_count: 1 };
    expect(accepted.body).to.eql(state);
    expect((await alice.post(`${path}/${bob.userId}`)).body, 'twice is once').to.eql(state);
    expect((await alice.delete(`${path}/${bob.userId}`)).body, 'a follow stands').to.eql(state);

    expect(await feed()).to.eql([post]);
    expect((await bob.get(`/v1/posts/${post}`)).status).to.equal(200);
    expect(await list(alice)).to.eql([]);
    expect((await bob.get(`/v1/users/${alice.userId}`)).body).to.include({
      is_following: true,
      is_requested: false,
      follower_count: 1,
    });
    expect((await bob.get('/v1/users/me')).body.following_count).to.equal(1);
    expect(await jobsOwed(w.tools, alice.userId, 'followAccepted')).to.eql([
      'notify-accepted',
      'refresh-feed',
    ]);
    expect(await jobsOwed(w.tools, alice.userId, 'userFollowed')).to.eql([]);
  });

  it('sends away whom it declines, who may ask again', async () => {
    const [alice, bob] = (await asked()) as [Client, Client];
    const declined = await alice.delete(`${path}/${bob.userId}`);
    expect(declined.status, declined.text).to.equal(200);
    const state = { user_id: bob.userId, is_followed_by: false, follower_count: 0 };
    expect(declined.body).to.eql(state);
    expect((await alice.delete(`${path}/@${bob.username}`)).body, 'safe to repeat').to.eql(state);
    expect(await list(alice)).to.eql([]);
    expect((await bob.get(`/v1/users/${alice.userId}`)).body).to.include({
      is_following: false,
      is_requested: false,
    });
    expectRefusal(await alice.post(`${path}/${bob.userId}`), 'NOT_FOUND', {
      field: 'user_id',
      reason: `Follow request '${bob.userId}' does not exist`,
    });
    await bob.post(`/v1/users/${alice.userId}/follow`);
    expect(await list(alice)).to.eql([bob.username]);
  });

  it('answers one and the same when a request is accepted, withdrawn and declined at once', async () => {
    for (let round = 0; round < 8; round += 1) {
      const [alice, bob] = (await asked()) as [Client, Client];
      const replies = await Promise.all([
        alice.post(`${path}/${bob.userId}`),
        bob.delete(`/v1/users/${alice.userId}/follow`),
        alice.delete(`${path}/${bob.userId}`),
        alice.post(`${path}/${bob.userId}`),
      ]);
      for (const { status, text } of replies) expect(status, text).to.be.oneOf([200, 404]);
      expect(await list(alice)).to.eql([]);
      const { body } = await alice.get('/v1/users/me');
      const { body: seen } = await alice.get(`/v1/users/${bob.userId}`);
      expect(body.follower_count, `round ${round}`).to.equal(seen.is_followed_by ? 1 : 0);
    }
  });

  it('answers 404 for a user there is none of, or who asks nothing', async () => {
    const [alice] = await asked(0);
    for (const name of ['user_01j8z3k4m5n6p7q8r9s0t1v2w3', '@nobody', '%00', 'x']) {
      for (const act of ['post', 'delete'] as const) {
        expectRefusal(await alice[act](`${path}/${name}`), 'NOT_FOUND', {
          field: 'user_id',
          message: 'User not found',
        });
      }
    }
    expectRefusal(await alice.post(`${path}/me`), 'NOT_FOUND', { field: 'user_id' });
  });

  it('refuses a cursor of another list, and asks for a token', async () => {
    const [alice] = await asked(0);
    for (const cursor of ['x', encodeCursor('followers', [1]), encodeCursor('follow-requests', ['1'])]) {
      expectRefusal(await alice.get(`${path}?cursor=${cursor}`), 'INVALID_INPUT', { field: 'cursor' });
    }
    for (const [method, where] of [
      ['GET', path],
      ['POST', `${path}/x`],
      ['DELETE', `${path}/x`],
    ] as const) {
      expectRefusal(await send(w.base, method, where), 'UNAUTHORIZED');
    }
  });
});
