import { expect } from 'chai';
import { notifyAccepted } from '../../workers/handlers/notify-accepted.ts';
import { notifyRequested } from '../../workers/handlers/notify-requested.ts';
import type { Client } from '../tools/client.ts';
import { listen } from '../tools/listen.ts';
import { noticeRows } from '../tools/rows.ts';
import { until, type World, world } from '../tools/world.ts';

describe('notices of follow requests', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let count = 0;
  const context = () => ({ tools: w.tools, signal: new AbortController().signal });
  const requested = () => notifyRequested({ requesterId: bob.userId, userId: alice.userId }, context());
  const accepted = () => notifyAccepted({ followerId: bob.userId, userId: alice.userId }, context());
  const follow = () => bob.post(`/v1/users/${alice.userId}/follow`);
  const unfollow = () => bob.delete(`/v1/users/${alice.userId}/follow`);
  const accept = () => alice.post(`/v1/users/me/follow-requests/${bob.userId}`);
  const notices = async () => (await noticeRows(w)).map(({ to, from, type }) => [to, from, type]);

  before(async () => {
    w = await world({ serves: [] });
  });
  beforeEach(async () => {
    count += 1;
    await w.tools.db.deleteFrom('notifications').execute();
    [alice, bob] = [await w.join(`alice${count}`), await w.join(`bob${count}`)];
    await alice.patch('/v1/users/me', { is_private: true });
  });
  after(() => w[Symbol.asyncDispose]());

  it('tell the owner who asks, once, live', async () => {
    await using ear = await listen(w.base, alice);
    await follow();
    await requested();
    await requested();
    expect(await notices()).to.eql([[alice.username, bob.username, 'follow_request']]);
    await until('alice hears', () => ear.messages.length >= 1);
    expect(ear.messages.map(({ data }) => data?.type)).to.eql(['follow_request']);
  });

  it('are taken back when the request is withdrawn, declined or accepted', async () => {
    for (const answer of [
      unfollow,
      () => alice.delete(`/v1/users/me/follow-requests/${bob.userId}`),
      accept,
    ]) {
      await follow();
      await requested();
      expect(await notices()).to.have.length(1);
      await answer();
      expect(await notices()).to.eql([]);
      await requested();
      expect(await notices(), 'a late job').to.eql([]);
    }
  });

  it('tell the one who was accepted, and take that back when they leave', async () => {
    await accepted();
    expect(await notices()).to.eql([]);
    await follow();
    await accepted();
    expect(await notices(), 'not accepted yet').to.eql([]);
    await accept();
    await accepted();
    await accepted();
    expect(await notices()).to.eql([[bob.username, alice.username, 'follow_accepted']]);
    await unfollow();
    expect(await notices()).to.eql([]);
    await accepted();
    expect(await notices(), 'a late job').to.eql([]);
  });

  it('tell nobody who is gone', async () => {
    const gone = 'user_01j8z3k4m5n6p7q8r9s0t1v2w3';
    await notifyRequested({ requesterId: gone, userId: alice.userId }, context());
    await notifyAccepted({ followerId: bob.userId, userId: gone }, context());
    expect(await notices()).to.eql([]);
  });
});
