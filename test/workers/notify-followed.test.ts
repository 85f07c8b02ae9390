import { expect } from 'chai';
import { notifyFollowed } from '../../workers/handlers/notify-followed.ts';
import type { Client } from '../tools/client.ts';
import { listen } from '../tools/listen.ts';
import { noticeRows } from '../tools/rows.ts';
import { until, type World, world } from '../tools/world.ts';

describe('notify-followed', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  const run = () =>
    notifyFollowed(
      { followerId: bob.userId, userId: alice.userId },
      { tools: w.tools, signal: new AbortController().signal },
    );

  before(async () => {
    w = await world({ serves: [] });
    [alice, bob] = [await w.join('alice'), await w.join('bob')];
  });
  after(() => w[Symbol.asyncDispose]());

  it('tells nobody of a follower who has left again', async () => {
    await bob.post('/v1/users/@alice/follow');
    await bob.delete('/v1/users/@alice/follow');
    await run();
    expect(await noticeRows(w)).to.eql([]);
  });

  it('tells the one who is followed, once, however often it runs', async () => {
    await using ear = await listen(w.base, alice);
    await bob.post('/v1/users/@alice/follow');
    await run();
    await run();
    expect(await noticeRows(w)).to.eql([
      { to: 'alice', from: 'bob', type: 'follow', postId: null, isTold: true },
    ]);
    await until('alice hears', () => ear.messages.length >= 1);
    expect(ear.messages.map(({ data }) => data?.type)).to.eql(['follow']);
    expect(ear.messages[0]?.data?.actor).to.include({ user_id: bob.userId, username: 'bob' });
  });
});
