import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { sweepCounts, sweepEffects } from '../../workers/sweep.ts';
import { startWorker } from '../../workers/worker.ts';
import { type Client, type Reply, send } from '../tools/client.ts';
import { testDatabase } from '../tools/database.ts';
import { type Line, layLine } from '../tools/line.ts';
import { type OwnRedis, ownRedis } from '../tools/own-redis.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { settle, testRedis, until, type World, world } from '../tools/world.ts';

function expectUnavailable(reply: Reply): void {
  expectRefusal(reply, 'SERVICE_UNAVAILABLE');
  expect(Number(reply.headers.get('retry-after'))).to.be.within(1, 60);
  for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']) {
    expect(reply.headers.get(name), name).to.match(/^\d+$/);
  }
}

describe('while Redis is away', () => {
  let redis: OwnRedis;
  let w: World;
  let alice: Client;
  let postPath: string;
  before(async () => {
    redis = await ownRedis();
    w = await world({ serves: [], env: { QUEUE_REDIS_URL: redis.url } });
    alice = await w.join('alice');
    postPath = `/v1/posts/${(await alice.upload(await photo({ width: 40, height: 40 }))).body.post_id}`;
    await alice.get('/v1/feed');
  });
  after(async () => {
    await w[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  const login = (headers: Record<string, string> = {}) =>
    send(
      w.base,
      'POST',
      '/v1/auth/login',
      JSON.stringify({ login: 'alice', password: 'alice has a password' }),
      { 'Content-Type': 'application/json', ...headers },
    );
  const requests: Record<string, () => Promise<Reply>> = {
    'a read': () => alice.get('/v1/feed'),
    'a write': () => alice.post(`${postPath}/like`),
    'a write with a key': () =>
      alice.post(`${postPath}/like`, undefined, { 'Idempotency-Key': 'while-away' }),
    'an upload': async () => alice.upload(await photo({ width: 40, height: 40 })),
    'a login': () => login(),
    'a path there is none of': () => send(w.base, 'GET', '/v1/no-such-thing'),
  };

  it('answers 503 to everything, at once, and recovers by itself with what Redis had', async () => {
    await redis.stop();
    for (const [what, request] of Object.entries(requests)) {
      const startedAt = performance.now();
      const reply = await request();
      expect(reply.status, `${what}: ${reply.text}`).to.equal(503);
      expectUnavailable(reply);
      expect(performance.now() - startedAt, what).to.be.below(3_000);
    }
    expect((await send(w.base, 'GET', '/healthz')).status, 'the process lives').to.equal(200);

    await redis.start();
    await until('the feed is read again', async () => (await alice.get('/v1/feed')).status === 200);
    expect((await alice.get(postPath)).body, 'no write went through').to.deep.include({ like_count: 0 });
    expect((await alice.get('/v1/feed')).body.posts).to.have.length(1);
    const replies = await Promise.all(Object.values(requests).map((request) => request()));
    expect(replies.map(({ status }) => status)).to.eql([200, 200, 200, 201, 200, 404]);
  });

  it('does not let anybody back in who signed out before', async () => {
    const { access_token: token } = (await login()).body;
    const me = () => send(w.base, 'GET', '/v1/users/me', undefined, { Authorization: `Bearer ${token}` });
    await send(w.base, 'POST', '/v1/auth/logout', undefined, { Authorization: `Bearer ${token}` });
    await redis.stop();
    await redis.start();
    const statuses = new Set<number>();
    await until('it answers again', async () => {
      const { status } = await me();
      statuses.add(status);
      return status !== 503;
    });
    expect([...statuses].filter((status) => status !== 503)).to.eql([401]);
  });

  it('answers 503 when Redis is there and says nothing', async () => {
    redis.freeze();
    const startedAt = performance.now();
    try {
      expectUnavailable(await alice.get('/v1/feed'));
      expect(performance.now() - startedAt).to.be.below(7_000);
    } finally {
      redis.thaw();
    }
    await until('it answers again', async () => (await alice.get('/v1/feed')).status === 200);
  });
});

describe('while only the Redis of the queues is away', () => {
  let redis: OwnRedis;
  let w: World;
  before(async () => {
    redis = await ownRedis();
    w = await world({
      serves: [],
      env: { QUEUE_REDIS_URL: redis.url, CACHE_REDIS_URL: await testRedis() },
    });
  });
  after(async () => {
    await w[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  it('accepts writes, and does all they owe once it is back', async () => {
    const alice = await w.join('alice');
    const bob = await w.join('bob');
    await redis.stop();
    const created = await alice.upload(await photo({ width: 40, height: 40 }), { caption: '#accepted' });
    expect(created.status, created.text).to.equal(201);
    const path = `/v1/posts/${created.body.post_id}`;
    const liked = await bob.post(`${path}/like`);
    expect(liked.body, liked.text).to.deep.include({ is_liked: true, like_count: 1 });
    expect((await bob.post('/v1/users/@alice/follow')).body.follower_count).to.equal(1);
    expect((await bob.get('/v1/feed')).body.posts[0]).to.deep.include({ is_liked: true, like_count: 1 });

    await redis.start();
    const worker = await startWorker(w.config, ['relay', 'media', 'feeds', 'counts', 'search', 'notify']);
    try {
      await until('counts are swept', async () => (await sweepCounts(w.tools, 0).catch(() => 0)) > 0);
      await settle(w.tools, worker);
      expect(await sweepEffects(w.tools, 0), 'nothing is left undone').to.equal(0);
    } finally {
      await worker.stop();
    }
    const row = await w.tools.db.selectFrom('posts').select('like_count').executeTakeFirstOrThrow();
    expect(row.like_count).to.equal(1);
    const { effects } = (await alice.get(`${path}/status`)).body;
    expect(new Set(effects.map((effect: { state: string }) => effect.state))).to.eql(new Set(['done']));
  });
});

describe('while Postgres is away', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let line: Line;
  let w: World;
  let alice: Client;
  let postPath: string;
  let image: Buffer;
  before(async () => {
    database = await testDatabase();
    line = await layLine(database.url);
    w = await world({ serves: [], env: { DATABASE_URL: line.url } });
    alice = await w.join('alice');
    image = await photo({ width: 40, height: 40 });
    postPath = `/v1/posts/${(await alice.upload(image)).body.post_id}`;
    await alice.get('/v1/feed');
  });
  after(async () => {
    await w[Symbol.asyncDispose]();
    await line[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  it('answers 503 to what needs it, goes on serving cached feeds, and recovers by itself', async () => {
    line.cut();
    for (const request of [
      () => alice.get(postPath),
      () => alice.post(`${postPath}/like`),
      () => alice.upload(image),
      () => alice.delete(postPath),
    ]) {
      expectUnavailable(await request());
    }
    const feed = await alice.get('/v1/feed');
    expect(feed.status, feed.text).to.equal(200);
    expect(feed.body.posts).to.have.length(1);
    line.mend();
    await until('a post is read again', async () => (await alice.get(postPath)).status === 200);
    expect((await alice.post(`${postPath}/like`)).body.like_count).to.equal(1);
    expect((await alice.get('/v1/users/me')).body.post_count).to.equal(1);
  });

  it('survives connections that break in the middle of requests', async () => {
    const statuses = new Set<number>();
    for (let round = 0; round < 5; round += 1) {
      const replies = Array.from({ length: 8 }, () => alice.get(postPath));
      line.cut();
      line.mend();
      for (const { status } of await Promise.all(replies)) statuses.add(status);
    }
    expect([200, 503]).to.include.members([...statuses]);
    await until('a post is read again', async () => (await alice.get(postPath)).status === 200);
  });

  it('keeps the photo of a post whose commit was done but never confirmed, and a retry finds it', async () => {
    const key = { 'Idempotency-Key': 'confirmed-late' };
    line.cutAfter('commit');
    expectUnavailable(await alice.upload(image, { caption: 'hanging' }, key));
    let retried = await alice.upload(image, { caption: 'hanging' }, key);
    await until('the retry goes through', async () => {
      if (retried.status === 503) retried = await alice.upload(image, { caption: 'hanging' }, key);
      return retried.status !== 503;
    });
    expect(retried.status, retried.text).to.equal(201);
    expect(retried.headers.get('idempotent-replayed')).to.equal('true');
    const posts = (await alice.get('/v1/users/me/posts')).body.posts;
    expect(posts.filter((post: { caption: string }) => post.caption === 'hanging')).to.have.length(1);
    const { original_key } = await w.tools.db
      .selectFrom('post_images')
      .innerJoin('posts', 'posts.id', 'post_images.post_id')
      .select('original_key')
      .where('posts.post_id', '=', retried.body.post_id)
      .executeTakeFirstOrThrow();
    expect((await w.tools.images.stat(original_key))?.sizeBytes).to.equal(image.length);
  });

  it('answers 503 to an upload when the images cannot be kept', async () => {
    const copies = join(w.config.DATA_DIR, 'images', 'copies');
    await rename(copies, `${copies}.away`);
    await writeFile(copies, 'not a folder');
    try {
      expectUnavailable(await alice.upload(image));
    } finally {
      await rm(copies);
      await rename(`${copies}.away`, copies);
    }
    expect((await alice.upload(image)).status).to.equal(201);
  });
});
