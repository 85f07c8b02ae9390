/** A Redis that started again, or took over from another, may have lost the writes of its last second. */
import { expect } from 'chai';
import { openChanges } from '../../../shared/changes/index.ts';
import { keys } from '../../../shared/keys.ts';
import { openLog } from '../../../shared/log.ts';
import { openRedis, whenReady } from '../../../shared/redis/index.ts';
import { openRunId } from '../../../shared/redis/run-id.ts';
import type { Client } from '../../tools/client.ts';
import { type OwnRedis, ownRedis } from '../../tools/own-redis.ts';
import { photo } from '../../tools/photos.ts';
import { until, type World, world } from '../../tools/world.ts';

describe('what was cached on a Redis server that is no more', () => {
  let redis: OwnRedis;
  let w: World;
  let alice: Client;
  before(async () => {
    redis = await ownRedis();
    w = await world({ serves: [], env: { CACHE_REDIS_URL: redis.url } });
    alice = await w.join('alice');
  });
  after(async () => {
    await w[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  async function restart(): Promise<void> {
    await redis.stop();
    await redis.start();
    await until('the API has its Redis again', async () => (await alice.get('/v1/feed')).status === 200);
  }

  it('is not trusted: a feed is built anew', async () => {
    const postId = (await alice.upload(await photo({ width: 8, height: 8 }))).body.post_id as string;
    const feed = keys.feed(alice.userId);
    const shown = async () => (await alice.get('/v1/feed')).body.posts.length;
    expect(await shown()).to.equal(1);
    // As if the push had been in the second that was lost.
    await w.tools.cache.zrem(feed, postId);
    expect(await shown()).to.equal(0);
    await restart();
    expect(await w.tools.cache.exists(feed), 'the rest of it was kept').to.equal(1);
    expect(await shown()).to.equal(1);
  });

  it('is forgotten by processes too: an announcement may be lost that they never read', async () => {
    const log = openLog('test', 'silent');
    const connection = openRedis(redis.url, 'request', log);
    await whenReady(connection);
    try {
      const changes = openChanges(connection, log);
      const heard: (string | undefined)[] = [];
      await changes.catchUp();
      changes.on('post', (postId) => heard.push(postId));
      const before = await openRunId(connection)(keys.changes);
      await changes.catchUp();
      expect(heard).to.eql([]);
      await restart();
      await whenReady(connection);
      await changes.catchUp();
      expect(heard, 'though its last entry is still there').to.eql([undefined]);
      expect(await openRunId(connection)(keys.changes))
        .to.match(/^[0-9a-f]{8}$/)
        .and.not.equal(before);
    } finally {
      connection.disconnect();
    }
  });
});
