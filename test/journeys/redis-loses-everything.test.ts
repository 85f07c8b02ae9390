/** A Redis that loses everything costs time, no post: what is owed stands in Postgres. */
import { expect } from 'chai';
import { sweepCounts, sweepEffects } from '../../workers/sweep.ts';
import { startWorker } from '../../workers/worker.ts';
import { at, dataOf, joinApp, share } from '../tools/app.ts';
import { photo } from '../tools/photos.ts';
import { emptyRedis } from '../tools/redis.ts';
import { settle, type World, world } from '../tools/world.ts';

describe('a Redis that loses everything', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: ['relay'] });
  });
  after(() => w[Symbol.asyncDispose]());

  it('gets the jobs again, and feeds and counts are as they should be', async () => {
    const alice = await joinApp(w.base, 'alice');
    const bob = await joinApp(w.base, 'bob');
    await dataOf(bob.POST('/v1/users/{user_id}/follow', at({ user_id: '@alice' })));
    const post = await share(alice, await photo({ width: 200, height: 200 }), { caption: '#kept' });
    const thePost = at({ post_id: post.post_id });
    await dataOf(bob.POST('/v1/posts/{post_id}/like', thePost));
    await w.worker?.relay?.drain();
    expect((await w.tools.outbox.backlog()).waiting).to.equal(0);

    await emptyRedis(w.tools.queueRedis);
    expect(await sweepEffects(w.tools, 0)).to.be.above(4);
    expect(await sweepCounts(w.tools, 0)).to.be.above(0);
    const worker = await startWorker(w.config, ['media', 'feeds', 'counts', 'search', 'notify']);
    try {
      await settle(w.tools, w.worker);
    } finally {
      await worker.stop();
    }
    const { effects } = await dataOf(alice.GET('/v1/posts/{post_id}/status', thePost));
    expect(effects.map(({ state }) => state)).to.eql(Array(effects.length).fill('done'));
    const { posts } = await dataOf(bob.GET('/v1/feed'));
    expect(posts[0]).to.deep.include({ post_id: post.post_id, is_liked: true, like_count: 1 });
    expect(await sweepEffects(w.tools, 0), 'nothing is left').to.equal(0);
  });
});
