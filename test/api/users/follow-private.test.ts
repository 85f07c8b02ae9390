import { expect } from 'chai';
import type { Client } from '../../tools/client.ts';
import { jobsOwed } from '../../tools/owed.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { type World, world } from '../../tools/world.ts';

describe('POST and DELETE /v1/users/{user_id}/follow of a private account', () => {
  let w: World;
  let count = 0;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  /** Two people nobody knows yet; the account of the first is private. */
  async function strangers(): Promise<[Client, Client]> {
    count += 1;
    const alice = await w.join(`alice${count}`);
    const private_ = await alice.patch('/v1/users/me', { is_private: true });
    expect(private_.status, private_.text).to.equal(200);
    return [alice, await w.join(`bob${count}`)];
  }
  const follow = (who: Client, whom: Client) => who.post(`/v1/users/${whom.userId}/follow`);
  const unfollow = (who: Client, whom: Client) => who.delete(`/v1/users/${whom.userId}/follow`);
  const requests = async (who: Client) => {
    const { body } = await who.get('/v1/users/me/follow-requests');
    return body.users.map((user: { username: string }) => user.username);
  };
  const follows = async (whom: Client) => {
    const id = await internalId(w, 'users', whom.userId);
    const rows = await w.tools.db.selectFrom('follows').select('id').where('following_id', '=', id).execute();
    return rows.length;
  };

  it('makes a request, once, and says so in the profile', async () => {
    const [alice, bob] = await strangers();
    const asked = await follow(bob, alice);
    expect(asked.status, asked.text).to.equal(200);
    const state = { user_id: alice.userId, is_following: false, is_requested: true, follower_count: 0 };
    expect(asked.body).to.eql(state);
    expect((await follow(bob, alice)).body, 'twice is once').to.eql(state);
    expect(await requests(alice)).to.eql([bob.username]);
    expect(await follows(alice)).to.equal(0);
    const seen = (await bob.get(`/v1/users/${alice.userId}`)).body;
    expect(seen).to.include({ is_requested: true, is_following: false, is_private: true, follower_count: 0 });
    expect((await alice.get(`/v1/users/${bob.userId}`)).body).to.include({
      is_requested: false,
      is_followed_by: false,
    });
  });

  it('owes the notice of a request, and none of a follow', async () => {
    const [alice, bob] = await strangers();
    await follow(bob, alice);
    expect(await jobsOwed(w.tools, alice.userId, 'followRequested')).to.eql(['notify-requested']);
    expect(await jobsOwed(w.tools, alice.userId, 'userFollowed')).to.eql([]);
  });

  it('withdraws the request, and its notice', async () => {
    const [alice, bob] = await strangers();
    await follow(bob, alice);
    const ids = [await internalId(w, 'users', alice.userId), await internalId(w, 'users', bob.userId)];
    const { notify } = await import('../../../shared/notifications/index.ts');
    await w.tools.db
      .transaction()
      .execute((tx) =>
        notify(tx, { userId: ids[0] as number, actorId: ids[1] as number, type: 'follow_request' }),
      );
    const withdrawn = await unfollow(bob, alice);
    expect(withdrawn.status).to.equal(200);
    const state = { user_id: alice.userId, is_following: false, is_requested: false, follower_count: 0 };
    expect(withdrawn.body).to.eql(state);
    expect((await unfollow(bob, alice)).body, 'safe to repeat').to.eql(state);
    expect(await requests(alice)).to.eql([]);
    const notices = await w.tools.db
      .selectFrom('notifications')
      .select('id')
      .where('user_id', '=', ids[0] as number)
      .execute();
    expect(notices).to.eql([]);
    expectRefusal(await alice.post(`/v1/users/me/follow-requests/${bob.userId}`), 'NOT_FOUND', {
      field: 'user_id',
      message: 'Follow request not found',
    });
  });

  it('keeps those who followed before the account became private', async () => {
    const [alice, bob] = await strangers();
    await alice.patch('/v1/users/me', { is_private: false });
    await follow(bob, alice);
    await alice.patch('/v1/users/me', { is_private: true });
    expect((await follow(bob, alice)).body).to.include({ is_following: true, is_requested: false });
    expect((await bob.get(`/v1/users/${alice.userId}`)).body).to.include({ is_following: true });
    expect((await bob.get(`/v1/users/${alice.userId}/posts`)).status).to.equal(200);
    await unfollow(bob, alice);
    expect((await bob.get(`/v1/users/${alice.userId}/posts`)).status, 'gone for good').to.equal(403);
    expect((await follow(bob, alice)).body).to.include({ is_following: false, is_requested: true });
  });

  it('never leaves a request waiting for an account that becomes public meanwhile', async () => {
    const [alice] = await strangers();
    for (let round = 0; round < 8; round += 1) {
      await alice.patch('/v1/users/me', { is_private: true });
      const asking = await Promise.all([1, 2, 3].map((n) => w.join(`asking${count}_${round}_${n}`)));
      const replies = await Promise.all([
        ...asking.slice(0, 2).map((who) => follow(who, alice)),
        alice.patch('/v1/users/me', { is_private: false }),
        ...asking.slice(2).map((who) => follow(who, alice)),
      ]);
      expect(replies.map(({ status }) => status)).to.eql([200, 200, 200, 200]);
      expect(await requests(alice), `round ${round}`).to.eql([]);
      for (const who of asking) {
        const seen = (await who.get(`/v1/users/${alice.userId}`)).body;
        expect(seen, `round ${round}`).to.include({ is_following: true, is_requested: false });
      }
    }
    const { body } = await alice.get('/v1/users/me');
    expect(body.follower_count).to.equal(24);
    expect(await follows(alice)).to.equal(24);
  });
});
