import { expect } from 'chai';
import { type Client, send } from '../../tools/client.ts';
import { effectsOn } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

describe('POST and DELETE /v1/users/{user_id}/mute', () => {
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
  const mute = (who: Client, whom: Client) => who.post(`/v1/users/${whom.userId}/mute`);
  const unmute = (who: Client, whom: Client) => who.delete(`/v1/users/${whom.userId}/mute`);
  const mutedBy = async (who: Client) =>
    (await who.get('/v1/users/me/muted')).body.users.map((user: { username: string }) => user.username);
  const feedOf = async (who: Client) =>
    (await who.get('/v1/feed')).body.posts.map((post: { post_id: string }) => post.post_id);

  it('keeps posts out of the feed from the next request on, and nowhere else', async () => {
    const [alice, bob] = await strangers();
    await alice.post(`/v1/users/${bob.userId}/follow`);
    const post = (await bob.upload(await photo({ width: 60, height: 60 }))).body.post_id;
    expect(await feedOf(alice)).to.eql([post]);

    const muted = await mute(alice, bob);
    expect(muted.status, muted.text).to.equal(200);
    expect(muted.body).to.eql({ user_id: bob.userId, is_muted: true });
    expect((await mute(alice, bob)).body, 'twice is once').to.eql(muted.body);
    expect(await feedOf(alice)).to.eql([]);
    expect((await alice.get(`/v1/posts/${post}`)).status).to.equal(200);
    expect((await alice.get(`/v1/users/${bob.userId}/posts`)).body.posts).to.have.length(1);
    const seen = (await alice.get(`/v1/users/${bob.userId}`)).body;
    expect(seen).to.include({ is_muted: true, is_following: true });
    expect((await bob.get(`/v1/users/${alice.userId}`)).body, 'the muted never learn').to.include({
      is_muted: false,
      is_followed_by: true,
    });
    expect(await mutedBy(alice)).to.eql([bob.username]);

    const unmuted = await unmute(alice, bob);
    expect(unmuted.body).to.eql({ user_id: bob.userId, is_muted: false });
    expect((await unmute(alice, bob)).status, 'safe to repeat').to.equal(200);
    expect(await feedOf(alice)).to.eql([post]);
    expect(await mutedBy(alice)).to.eql([]);
  });

  it('owes the job that forgets the feed again', async () => {
    const [alice, bob] = await strangers();
    await mute(alice, bob);
    await mute(alice, bob);
    await unmute(alice, bob);
    const owed = (await effectsOn(w.tools, alice.userId)).filter(({ event }) => event !== 'userRegistered');
    expect(owed.map(({ event, job, payload }) => [event, job, payload.followerId])).to.eql([
      ['userMuted', 'refresh-feed', alice.userId],
      ['userUnmuted', 'refresh-feed', alice.userId],
    ]);
  });

  it('lists whom one muted, the newest first, without those who blocked one since', async () => {
    const [alice, bob] = await strangers();
    const others: Client[] = [];
    for (let n = 0; n < 3; n += 1) others.push(await w.join(`other${count}_${n}`));
    for (const whom of [bob, ...others]) await mute(alice, whom);
    const names = [...others.map(({ username }) => username).reverse(), bob.username];
    expect(await mutedBy(alice)).to.eql(names);
    const first = (await alice.get('/v1/users/me/muted?limit=3')).body;
    const last = (await alice.get(`/v1/users/me/muted?limit=3&cursor=${first.next_cursor}`)).body;
    expect(last.users.map((user: { username: string }) => user.username)).to.eql([bob.username]);
    expect([first.has_more, last.has_more, last.next_cursor]).to.eql([true, false, null]);
    await bob.post(`/v1/users/${alice.userId}/block`);
    expect(await mutedBy(alice)).to.eql(names.slice(0, -1));
    for (const act of [mute, unmute]) {
      expectRefusal(await act(alice, bob), 'NOT_FOUND', { field: 'user_id', message: 'User not found' });
    }
  });

  it('refuses to mute oneself', async () => {
    const [alice] = await strangers();
    for (const name of [alice.userId, `@${alice.username}`]) {
      for (const act of ['post', 'delete'] as const) {
        expectRefusal(await alice[act](`/v1/users/${name}/mute`), 'INVALID_INPUT', {
          field: 'user_id',
          reason: 'You cannot mute yourself',
        });
      }
    }
  });

  it('answers 404 for a user there is none of, and asks for a token', async () => {
    const [alice] = await strangers();
    for (const name of ['user_01j8z3k4m5n6p7q8r9s0t1v2w3', '@nobody', '%00', 'x']) {
      for (const act of ['post', 'delete'] as const) {
        expectRefusal(await alice[act](`/v1/users/${name}/mute`), 'NOT_FOUND', {
          field: 'user_id',
          message: 'User not found',
        });
      }
    }
    for (const method of ['POST', 'DELETE']) {
      expectRefusal(await send(w.base, method, `/v1/users/${alice.userId}/mute`), 'UNAUTHORIZED');
    }
    expectRefusal(await send(w.base, 'GET', '/v1/users/me/muted'), 'UNAUTHORIZED');
  });
});
