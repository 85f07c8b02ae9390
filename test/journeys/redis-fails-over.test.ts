/** A Redis whose master dies: its replica takes over, and nobody loses anything. */
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { queueNames } from '../../shared/jobs.ts';
import { keys } from '../../shared/keys.ts';
import { effectJobId } from '../../shared/queue.ts';
import { sweepCounts, sweepEffects } from '../../workers/sweep.ts';
import { startWorker } from '../../workers/worker.ts';
import type { Client } from '../tools/client.ts';
import { listen } from '../tools/listen.ts';
import { type OwnRedisCluster, ownRedisCluster } from '../tools/own-redis-cluster.ts';
import { type OwnRedisSentinel, ownRedisSentinel } from '../tools/own-redis-sentinel.ts';
import { photo } from '../tools/photos.ts';
import { settle, until, type World, world } from '../tools/world.ts';

/** What a request may take while a master is away: far less than the seconds it is away for. */
const fastMs = 2_000;

/** What became of posting one photo after another. */
type Posting = { accepted: string[]; refused: number; slowestRefusalMs: number };

/** Posts until told to stop; whatever is not accepted is refused in the envelope, and soon. */
async function keepPosting(who: Client, isOver: () => boolean): Promise<Posting> {
  const image = await photo({ width: 8, height: 8 });
  const posting: Posting = { accepted: [], refused: 0, slowestRefusalMs: 0 };
  while (!isOver()) {
    const startedAt = performance.now();
    const { status, body, text } = await who.upload(image, { caption: 'meanwhile' });
    if (status === 201) posting.accepted.push(body.post_id);
    else {
      expect([status, body.error.code], text).to.eql([503, 'SERVICE_UNAVAILABLE']);
      posting.refused += 1;
      posting.slowestRefusalMs = Math.max(posting.slowestRefusalMs, performance.now() - startedAt);
      await setTimeout(20);
    }
  }
  return posting;
}

async function stateOfReadiness(w: World): Promise<string> {
  return ((await (await fetch(`${w.base}/readyz`)).json()) as { status: string }).status;
}

/** Waits until everything that is owed is done, as the sweeps of the relay see to once a minute. */
async function settleWithSweeps(w: World): Promise<void> {
  await until('nothing is owed', async () => {
    await settle(w.tools, w.worker);
    return (await sweepEffects(w.tools, 0)) + (await sweepCounts(w.tools, 0)) === 0;
  });
}

async function feedOf(who: Client): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await who.get(`/v1/feed?limit=100${cursor ? `&cursor=${cursor}` : ''}`);
    seen.push(...body.posts.map((post: { post_id: string }) => post.post_id));
    cursor = body.next_cursor;
  }
  return seen;
}

/** Kills a master under traffic and holds everything accepted against what there is in the end. */
async function survives(
  w: World,
  kill: () => Promise<void>,
  { refusesMeanwhile = true }: { refusesMeanwhile?: boolean } = {},
): Promise<void> {
  const [alice, bob] = [await w.join('alice'), await w.join('bob')];
  await bob.post('/v1/users/@alice/follow');
  await w.settle();
  expect(await feedOf(bob)).to.eql([]);
  await using ear = await listen(w.base, bob);

  let isOver = false;
  const posting = keepPosting(alice, () => isOver);
  try {
    await until('traffic runs', async () => (await feedOf(bob)).length > 1);
    await kill();
    await until('the outage is named', async () => (await stateOfReadiness(w)) === 'unavailable');
    await until('it is over', async () => (await stateOfReadiness(w)) === 'ready');
    await until('posts are accepted again', async () => (await alice.upload(await photo())).status === 201);
    await setTimeout(500);
  } finally {
    isOver = true;
  }
  const { accepted, refused, slowestRefusalMs } = await posting;
  if (refusesMeanwhile) expect(refused, 'some were refused meanwhile').to.be.above(0);
  expect(slowestRefusalMs).to.be.below(fastMs);

  await settleWithSweeps(w);
  const feed = await feedOf(bob);
  expect(accepted.filter((postId) => !feed.includes(postId))).to.eql([]);
  expect(await feedOf(alice), 'the two agree').to.eql(feed);
  const undone = await w.tools.db.selectFrom('effects').select('job').where('state', '<>', 'done').execute();
  expect(undone).to.eql([]);
  // What the old master told last may be lost with it: then it is said.
  const heardOf = () => new Set(ear.messages.map(({ data }) => data?.post_id));
  await until(
    'bob heard of every post, or of a gap',
    () => ear.types().includes('gap') || accepted.every((postId) => heardOf().has(postId)),
  );
  const next = (await alice.upload(await photo())).body.post_id;
  await until('bob hears of the next', () => heardOf().has(next));
}

describe('a Redis Cluster of which a master is killed', function () {
  this.timeout(120_000);
  let cluster: OwnRedisCluster;
  let w: World;
  beforeEach(async () => {
    cluster = await ownRedisCluster();
  });
  afterEach(async () => {
    await w?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });
  const env = () => ({ QUEUE_REDIS_URL: cluster.url, CACHE_REDIS_URL: cluster.url });

  it('goes on when it was the one with the log of changes, which every request reads', async () => {
    w = await world({ env: env() });
    const master = await cluster.masterOf(keys.changes);
    await survives(w, () => master.kill());
  });

  it('goes on when it was the one with the queue of the feeds', async () => {
    w = await world({ env: env() });
    const master = await cluster.masterOf(`${keys.queuePrefix('feeds')}:feeds:wait`);
    // A request needs no queue: its jobs wait in the outbox.
    await survives(w, () => master.kill(), { refusesMeanwhile: false });
  });

  it('gets the jobs again that its replica never heard of', async () => {
    w = await world({ env: env(), serves: ['relay'] });
    const alice = await w.join('alice');
    await w.worker?.relay?.drain();
    const master = await cluster.masterOf(`${keys.queuePrefix('media')}:media:wait`);
    const replica = await cluster.replicaOf(master);
    // The replica loses its master, and cannot come back to it.
    await replica.redis.config('SET', 'masterauth', 'wrong');
    await replica.redis.call('CLIENT', 'KILL', 'TYPE', 'master');
    await until('the replica is alone', async () =>
      (await replica.redis.info('replication')).includes('master_link_status:down'),
    );
    const { post_id: postId } = (await alice.upload(await photo())).body;
    await w.worker?.relay?.drain();
    const effect = await w.tools.db
      .selectFrom('effects')
      .select(['event_id', 'job'])
      .where('subject', '=', postId)
      .where('job', '=', 'make-renditions')
      .executeTakeFirstOrThrow();
    const state = () => w.tools.queues.stateOf('make-renditions', effectJobId(effect.event_id, effect.job));
    expect(await state()).to.equal('prioritized');
    await master.kill();
    await cluster.takenOver(master);
    await until('the queue is reached again', async () => (await state().catch(() => 'away')) !== 'away');
    expect(await state(), 'the job is lost').to.equal('unknown');

    expect(await sweepEffects(w.tools, 0)).to.be.above(0);
    expect(await state()).to.equal('prioritized');
    const worker = await startWorker(w.config, queueNames);
    try {
      await settleWithSweeps(w);
    } finally {
      await worker.stop();
    }
    const { effects } = (await alice.get(`/v1/posts/${postId}/status`)).body;
    expect(effects.filter((each: { state: string }) => each.state !== 'done')).to.eql([]);
  });
});

describe('a Redis master that Sentinels watch, when it is killed', function () {
  this.timeout(120_000);
  let redis: OwnRedisSentinel;
  let w: World;
  before(async () => {
    redis = await ownRedisSentinel();
    w = await world({ env: { QUEUE_REDIS_URL: redis.url, CACHE_REDIS_URL: redis.url } });
  });
  after(async () => {
    await w?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });

  it('is replaced, and everything goes on', () => survives(w, redis.killMaster));
});
