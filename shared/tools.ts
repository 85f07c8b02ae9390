/** The composition root: from the configuration to everything a handler may use, and how it all ends. */
import { type Changes, openChanges } from './changes/index.ts';
import type { Config } from './config.ts';
import type { Counter } from './counts/counters.ts';
import { type Db, openDatabase } from './db/index.ts';
import { type Feeds, openFeeds } from './feeds/index.ts';
import { type Decoder, openDecoder } from './images/decoder.ts';
import type { ObjectStore } from './images/index.ts';
import { openObjectStore } from './images/open.ts';
import { openSignedUrls, type SignedUrls } from './images/signed-urls.ts';
import { keys } from './keys.ts';
import { type Live, openLive } from './live/index.ts';
import { type Log, openLog } from './log.ts';
import type { MailTransport } from './mail/index.ts';
import { openMail } from './mail/open.ts';
import { type Outbox, openOutbox } from './outbox.ts';
import { openPostCache, type PostCache } from './posts/cache.ts';
import { type ImageUrls, openImageUrls } from './posts/image-urls.ts';
import { openQueues, type Queues } from './queue.ts';
import { refuseEviction } from './redis/fit.ts';
import { openRedis, type Redis, whenReady } from './redis/index.ts';
import type { SearchIndex } from './search/index.ts';
import { openSearchIndex } from './search/open.ts';
import type { StoryStore } from './stories/index.ts';
import { openStoryStore } from './stories/open.ts';
import { openTrays, type Trays } from './stories/trays.ts';
import { type Graph, openGraph } from './users/graph.ts';
import { openProfiles, type Profiles } from './users/profiles.ts';

/** How long likes of one post, or follows of one user, gather before they are added up together. */
const rollUpDelayMs = 250;

export type Tools = {
  config: Config;
  log: Log;
  db: Db;
  /** Feeds, caches, limits, the live channel. */
  cache: Redis;
  /** Queues and the relay's wake-up. */
  queueRedis: Redis;
  queues: Queues;
  outbox: Outbox;
  images: ObjectStore;
  decoder: Decoder;
  /** Signs and checks URLs of images that are not for everybody. */
  signedUrls: SignedUrls;
  /** Makes the URLs of posts' images. */
  imageUrls: ImageUrls;
  search: SearchIndex;
  changes: Changes;
  feeds: Feeds;
  stories: StoryStore;
  trays: Trays;
  graph: Graph;
  profiles: Profiles;
  posts: PostCache;
  live: Live;
  mail: MailTransport;
  /** Tells the relay that events were committed. It finds them without, only later. */
  wakeRelay(): Promise<void>;
  /** Has one count added up soon. What is lost here is found by the relay's sweep. */
  rollUp(counter: Counter, targetId: number): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Opens everything; nothing is shared between two calls, so that one process can hold several.
 *
 * @param name the kind of process, for its log lines
 * @param options.longestQueryMs no query of Postgres is waited for longer
 * @throws if an engine cannot be reached or must not be used (a Redis for queues that evicts).
 */
export async function openTools(
  config: Config,
  name: string,
  options: { maintainOutbox?: boolean; longestQueryMs?: number } = {},
): Promise<Tools> {
  const log = openLog(name, config.LOG_LEVEL);
  const cache = openRedis(config.CACHE_REDIS_URL, 'request', log);
  const queueRedis = openRedis(config.QUEUE_REDIS_URL, 'request', log);
  await Promise.all([whenReady(cache), whenReady(queueRedis)]);
  await refuseEviction(queueRedis);
  const { db, pool } = openDatabase(
    config.DATABASE_URL,
    config.DATABASE_CONNECTIONS,
    log,
    options.longestQueryMs ? { longestMs: options.longestQueryMs } : {},
  );
  const outbox = await openOutbox(db, { maintain: options.maintainOutbox ?? false });
  const queues = openQueues(queueRedis);
  const [images, search, stories] = await Promise.all([
    openObjectStore(config, log),
    openSearchIndex(config, db),
    openStoryStore(config, db, log),
  ]);
  const decoder = openDecoder({ processes: config.DECODER_PROCESSES });
  const signedUrls = openSignedUrls(config.AUTH_SECRET);
  const imageUrls = openImageUrls(config.CDN_BASE_URL, signedUrls);
  const mail = await openMail(config, log);
  const changes = openChanges(cache, log);
  const live = openLive(cache, config.CACHE_REDIS_URL, log);

  return {
    config,
    log,
    db,
    cache,
    queueRedis,
    queues,
    outbox,
    images,
    decoder,
    signedUrls,
    imageUrls,
    search,
    changes,
    feeds: openFeeds(cache, db, changes, config.FEED_DEPTH),
    stories,
    trays: openTrays(cache, db),
    graph: openGraph(cache, db),
    profiles: openProfiles(cache, db, config.CDN_BASE_URL, changes),
    posts: openPostCache(db, imageUrls, changes),
    live,
    mail,
    async wakeRelay() {
      await queueRedis.publish(keys.relayWake, '');
    },
    async rollUp(counter, targetId) {
      await queues.coalesce('roll-up-count', `${counter}-${targetId}`, { counter, targetId }, rollUpDelayMs);
    },
    async stop() {
      await outbox.stop();
      await Promise.allSettled([
        queues.close(),
        live.close(),
        decoder.close(),
        search.close(),
        stories.close(),
        images.close(),
        mail.close(),
      ]);
      cache.disconnect();
      queueRedis.disconnect();
      await pool.end();
    },
  };
}
