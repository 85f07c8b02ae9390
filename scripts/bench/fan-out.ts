/** How fast a post reaches cached feeds, beside the least that could be done: one bare ZADD a feed. */
import { setTimeout } from 'node:timers/promises';
import { openChanges } from '../../shared/changes/index.ts';
import type { Config } from '../../shared/config.ts';
import { openDatabase } from '../../shared/db/index.ts';
import { scoreOf } from '../../shared/feeds/cached.ts';
import { openFeeds } from '../../shared/feeds/index.ts';
import { newId } from '../../shared/ids.ts';
import { keys } from '../../shared/keys.ts';
import { openLog } from '../../shared/log.ts';
import { isCluster, openRedis, type Redis, whenReady } from '../../shared/redis/index.ts';
import { parseRedisUrl } from '../../shared/redis/url.ts';
import { compare, shownSpread } from './compare.ts';
import type { Figure } from './figure.ts';

const pipelineLength = 1_000;
const inFlight = 8;

const depth = 500;
/** Feeds of one page and of several, and feeds that are full, which pushes also trim. */
const cases = [
  { name: 'live feeds', feeds: 100_000, posts: 20, pushes: 1 },
  { name: 'live feeds', feeds: 100_000, posts: 50, pushes: 1 },
  { name: 'full feeds', feeds: 5_000, posts: depth * 1.2, pushes: 20 },
];

/** What takes commands: a pipeline, or a cluster, to whose nodes they are sent together as they come. */
type Taker = Pick<ReturnType<Redis['pipeline']>, 'zadd' | 'expire'> | Pick<Redis, 'zadd' | 'expire'>;
type Command = (taker: Taker, key: string) => unknown;

/** Runs a command for every key, a thousand together, eight thousand in flight. */
async function pipelined(redis: Redis, all: string[], command: Command): Promise<void> {
  let from = 0;
  const lane = async () => {
    while (from < all.length) {
      const keysOfOne = all.slice(from, from + pipelineLength);
      from += pipelineLength;
      if (isCluster(redis)) {
        await Promise.all(keysOfOne.map((key) => command(redis, key)));
        continue;
      }
      const pipeline = redis.pipeline();
      for (const key of keysOfOne) command(pipeline, key);
      await pipeline.exec();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

/** Scores and ids of posts made one second after another, in the order ZADD takes them. */
function pastPosts(count: number): (string | number)[] {
  const from = Date.now() - count * 1_000;
  return Array.from({ length: count }, (_, at) => newId('post', from + at * 1_000)).flatMap((id) => [
    scoreOf(id),
    id,
  ]);
}

/** Waits until Redis has written down what it was told: a rewrite of its file would slow down one side only. */
async function written(redis: Redis): Promise<void> {
  const busy = /^(aof_rewrite_in_progress|aof_rewrite_scheduled|aof_pending_bio_fsync):[1-9]/m;
  for (const master of isCluster(redis) ? redis.nodes('master') : [redis]) {
    while (busy.test(await master.info('persistence'))) await setTimeout(100);
  }
}

async function emptied(redis: Redis): Promise<void> {
  await Promise.all((isCluster(redis) ? redis.nodes('master') : [redis]).map((master) => master.flushdb()));
}

export const fanOut: Figure = async (bench) => {
  const { config } = await (await bench.engines()).stage('fan-out');
  const lines = await measure(config, config.CACHE_REDIS_URL, bench);
  const given = process.env.TEST_CACHE_REDIS_URL;
  if (!given || parseRedisUrl(given).kind !== 'cluster') return lines;
  return [...lines, 'on the Redis Cluster that is given', ...(await measure(config, given, bench))];
};

async function measure(
  config: Config,
  redisUrl: string,
  { rounds, note, onStop }: Parameters<Figure>[0],
): Promise<string[]> {
  const log = openLog('bench', 'warn');
  const redis = openRedis(redisUrl, 'request', log);
  // Patient, unlike the connection that is measured: what is made beforehand may fill the disk's queue for seconds.
  const patient = openRedis(redisUrl, 'worker', log);
  await Promise.all([whenReady(redis), whenReady(patient)]);
  const { db, pool } = openDatabase(config.DATABASE_URL, 2, log);
  const disconnect = () => {
    for (const each of [redis, patient]) each.disconnect();
  };
  onStop(async () => disconnect());

  const lines: string[] = [];
  for (const { name, feeds: count, posts, pushes } of cases) {
    note(`${count.toLocaleString('en')} ${name} of ${posts} posts are made, twice`);
    const userIds = Array.from({ length: count }, () => newId('user'));
    const bare = userIds.map((userId) => `bare:${userId}`);
    const past = pastPosts(posts);
    const made = userIds.map(keys.feed);
    await pipelined(patient, made, (taker, key) => taker.zadd(key, -1, '!whole000000000 ', ...past));
    await pipelined(patient, made, (taker, key) => taker.expire(key, 86_400));
    await pipelined(patient, bare, (taker, key) => taker.zadd(key, ...past));
    await written(patient);

    const feeds = openFeeds(redis, db, openChanges(redis, log), depth);
    const timed = async (push: (postId: string) => Promise<unknown>) => {
      const startedAt = performance.now();
      for (let at = 0; at < pushes; at += 1) await push(newId('post'));
      return (count * pushes) / ((performance.now() - startedAt) / 1_000);
    };
    const ours = () =>
      timed(async (postId) => {
        const taken = await feeds.push(userIds, postId);
        if (taken !== count) throw new Error(`${taken} of ${count} feeds took the post`);
      });
    const theirs = () =>
      timed((postId) => pipelined(redis, bare, (taker, key) => taker.zadd(key, scoreOf(postId), postId)));
    note(`${rounds + 1} rounds of ${(count * pushes).toLocaleString('en')} deliveries each way`);
    const result = await compare(rounds, ours, theirs);
    lines.push(
      `${name}, ${count.toLocaleString('en')} of ${posts} posts`,
      `  push with trim      ${shownSpread(result.ours)} feeds/s`,
      `  pipelined bare ZADD ${shownSpread(result.theirs)} feeds/s`,
      `  ratio               ${shownSpread(result.ratio)}`,
    );
    await emptied(patient);
  }
  disconnect();
  await pool.end();
  return lines;
}
