/** What of Emulsion touches Redis, on a Redis Cluster. */
import { expect } from 'chai';
import { startServer } from '../../api/server.ts';
import { openApiTools } from '../../api/tools.ts';
import { newId } from '../../shared/ids.ts';
import { keys } from '../../shared/keys.ts';
import { keyOnEveryMaster, masterOf } from '../../shared/redis/cluster.ts';
import { refuseEviction } from '../../shared/redis/fit.ts';
import { isCluster, type Redis } from '../../shared/redis/index.ts';
import { photoForm } from '../tools/client.ts';
import { needsEngine } from '../tools/engine-url.ts';
import { listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { emptyRedis } from '../tools/redis.ts';
import { freePort, until, type World, world } from '../tools/world.ts';

function clusterOf(redis: Redis) {
  if (!isCluster(redis)) throw new Error('this is no cluster');
  return redis;
}

describe('on a Redis Cluster', () => {
  let w: World;
  before(async function () {
    const names = ['TEST_QUEUE_REDIS_URL', 'TEST_CACHE_REDIS_URL'] as const;
    for (const name of names) needsEngine(this, name);
    const [queue, cache] = names.map((name) => process.env[name] as string) as [string, string];
    w = await world({
      env: {
        QUEUE_REDIS_URL: queue,
        CACHE_REDIS_URL: cache,
        RATE_LIMITS: 'anonymous:60,free:60,pro:1000,enterprise:10000',
      },
    });
    if (!isCluster(w.tools.cache) || !isCluster(w.tools.queueRedis)) {
      throw new Error('TEST_QUEUE_REDIS_URL and TEST_CACHE_REDIS_URL have to be those of a Redis Cluster');
    }
  });
  after(() => w?.[Symbol.asyncDispose]());

  it('feeds on all masters take a post, lose it, and are forgotten', async () => {
    const { cache, feeds } = w.tools;
    const cluster = clusterOf(cache);
    const userIds = Array.from({ length: 3_000 }, () => newId('user'));
    const owners = new Set(userIds.map((userId) => masterOf(cluster, keys.feed(userId))));
    expect(owners.size).to.be.above(2);
    const [absent, ...present] = userIds as [string, ...string[]];
    await Promise.all(present.map((userId) => cache.zadd(keys.feed(userId), -1, '!whole000000000 ')));
    const postId = newId('post');
    // The second time every node knows the script.
    for (const round of [1, 2]) {
      expect(await feeds.push(userIds, postId), `round ${round}`).to.equal(present.length);
      const newest = await Promise.all(present.map((userId) => cache.zrevrange(keys.feed(userId), 0, 0)));
      expect(newest.every(([id]) => id === postId)).to.equal(true);
      expect(await cache.exists(keys.feed(absent)), 'no feed is made by a push').to.equal(0);
      await feeds.drop(userIds, postId);
      expect(await cache.zcard(keys.feed(present[0] as string))).to.equal(1);
    }
    await feeds.forgetAll(userIds);
    const left = await Promise.all(userIds.map((userId) => cache.exists(keys.feed(userId))));
    expect(left.every((count) => count === 0)).to.equal(true);
  });

  it('scripts are sent in full to a node that lost them', async () => {
    const cluster = clusterOf(w.tools.cache);
    await Promise.all(cluster.nodes('master').map((master) => master.script('FLUSH')));
    const userIds = Array.from({ length: 200 }, () => newId('user'));
    expect(await w.tools.feeds.push(userIds, newId('post'))).to.equal(0);
  });

  it('two API processes carry what is told to one user, wherever they are connected', async () => {
    const alice = await w.join('alice');
    const bobs = await Promise.all(Array.from({ length: 6 }, (_, n) => w.join(`bob${n}`)));
    for (const bob of bobs) await bob.post('/v1/users/@alice/follow');
    await w.settle();
    const otherTools = await openApiTools({ ...w.config, PORT: await freePort() });
    const other = await startServer(otherTools);
    try {
      const ears = await Promise.all(
        bobs.map((bob, n) => listen(n % 2 ? w.base : `http://127.0.0.1:${other.port}`, bob)),
      );
      const posts: string[] = [];
      for (let n = 0; n < 3; n += 1) posts.push((await alice.upload(await photo())).body.post_id);
      await until('all hear of all', () =>
        ears.every((ear) => ear.types().filter((type) => type === 'feed.new_post').length === posts.length),
      );
      await Promise.all(ears.map((ear) => ear[Symbol.asyncDispose]()));
      for (const bob of bobs) {
        const { body } = await bob.get('/v1/feed');
        expect(body.posts.map((post: { post_id: string }) => post.post_id)).to.eql(posts.toReversed());
      }
    } finally {
      await other.stop();
      await otherTools.stop();
    }
  });

  it('limits count, and a repeated key gets its first answer', async () => {
    const carol = await w.join('carol');
    const form = () => photoForm(image);
    const image = await photo();
    const key = { 'Idempotency-Key': 'once' };
    const first = await carol.form('POST', '/v1/posts', form(), key);
    const again = await carol.form('POST', '/v1/posts', form(), key);
    expect([first.status, again.status]).to.eql([201, 201]);
    expect(again.body).to.eql(first.body);
    const statuses: number[] = [];
    for (let n = 0; n < 60; n += 1) statuses.push((await carol.get('/v1/users/me')).status);
    expect(statuses.filter((status) => status === 200)).to.have.length(58);
    expect(statuses.at(-1)).to.equal(429);
  });

  it('queues lie in one slot each, and readiness and metrics know them', async () => {
    await w.settle();
    const cluster = clusterOf(w.tools.queueRedis);
    for (const { name, keys: names } of w.tools.queues.all) {
      expect(names.wait, name).to.contain(keys.queuePrefix(name));
    }
    expect(new Set(keyOnEveryMaster(cluster, 'probe').map((key) => masterOf(cluster, key))).size).to.equal(
      cluster.nodes('master').length,
    );
    expect(await (await fetch(`${w.base}/readyz`)).json()).to.deep.include({ status: 'ready' });
    const metrics = await fetch(`${w.base}/metrics`, {
      headers: { Authorization: `Bearer ${w.config.METRICS_TOKEN}` },
    });
    expect(await metrics.text())
      .to.match(/emulsion_queue_jobs\{queue="feeds",state="waiting"\} 0/)
      .and.not.match(/emulsion_scrape_failed\{part="queues"\} 1/);
    const admin = { Authorization: `Basic ${btoa(`admin:${w.config.ADMIN_PASSWORD}`)}` };
    const board = await fetch(`${w.base}/admin/queues/api/queues`, { headers: admin });
    expect(board.status).to.equal(200);
    expect(((await board.json()) as { queues: unknown[] }).queues).to.have.length(w.tools.queues.all.length);
  });

  it('a master that evicts is found, whichever it is', async () => {
    const cluster = clusterOf(w.tools.queueRedis);
    await refuseEviction(cluster);
    for (const master of cluster.nodes('master')) {
      await master.config('SET', 'maxmemory-policy', 'allkeys-lru');
      try {
        const problem = await refuseEviction(cluster).catch((error: Error) => error.message);
        expect(problem)
          .to.contain('QUEUE_REDIS_URL points to a Redis that evicts keys (maxmemory-policy allkeys-lru)')
          .and.contain(`-p ${master.options.port}`);
      } finally {
        await master.config('SET', 'maxmemory-policy', 'noeviction');
      }
    }
  });

  it('everything may be lost: what is owed is done, what is cached is built anew', async () => {
    const dora = await w.join('dora');
    const { post_id: postId } = (await dora.upload(await photo())).body;
    await w.settle();
    await emptyRedis(w.tools.cache);
    const { body } = await dora.get('/v1/feed');
    expect(body.posts.map((post: { post_id: string }) => post.post_id)).to.eql([postId]);
  });
});
