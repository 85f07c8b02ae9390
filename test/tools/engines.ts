/** A world's share of the real engines that `npm run test:engines` brings: nothing of it is anybody else's. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { parseRedisUrl } from '../../shared/redis/url.ts';
import { testBucket } from './bucket.ts';
import { testKeyspace } from './cassandra.ts';

export type TestEngines = {
  /** The settings of what is given, such as `{ S3_URL: 'http://…' }`. */
  env: Record<string, string>;
  /** Makes everything that was written to Elasticsearch findable now, rather than within its second. */
  refresh(): Promise<void>;
  /** Where one of the texts is found in Cassandra or Elasticsearch, as `table: row`. */
  placesOf(texts: readonly string[]): Promise<string[]>;
  /** The keys in the bucket; undefined if images are on the disk. */
  objects: (() => Promise<string[]>) | undefined;
  [Symbol.asyncDispose](): Promise<void>;
};

type Share = {
  env: Record<string, string>;
  refresh?(): Promise<void>;
  /** Everything that is kept, each as text with its place before it. */
  contents?(): Promise<string[]>;
  objects?(): Promise<string[]>;
  end(): Promise<void>;
};

/** Takes a share of every engine whose TEST_ variable is set; none is the usual case. */
export async function testEngines(): Promise<TestEngines> {
  const shares = [await ofCassandra(), ofElasticsearch(), ofS3(), await ofRedis()].filter(
    (share) => share !== undefined,
  );
  return {
    env: Object.assign({}, ...shares.map(({ env }) => env)),
    async refresh() {
      await Promise.all(shares.map((share) => share.refresh?.()));
    },
    async placesOf(texts) {
      const contents = await Promise.all(shares.map((share) => share.contents?.() ?? []));
      return contents.flat().filter((content) => texts.some((text) => content.includes(text)));
    },
    objects: shares.find(({ objects }) => objects)?.objects,
    async [Symbol.asyncDispose]() {
      await Promise.all(shares.map(({ end }) => end()));
    },
  };
}

async function ofCassandra(): Promise<Share | undefined> {
  if (!process.env.TEST_CASSANDRA_URL) return undefined;
  const keyspace = await testKeyspace();
  return {
    env: { CASSANDRA_URL: keyspace.url },
    async contents() {
      const rows = await Promise.all(
        Object.entries(kept).map(async ([table, columns]) =>
          (await keyspace.run(`SELECT ${columns} FROM ${keyspace.keyspace}.${table}`)).map(
            (row) => `${table}: ${JSON.stringify(row)}`,
          ),
        ),
      );
      return rows.flat();
    },
    end: () => keyspace[Symbol.asyncDispose](),
  };
}

/** What viewers saw of a story outlives it, until its TTL: decision 15. */
const kept = { stories: '*', story_views: '*', story_views_by_viewer: 'viewer_id' };

function ofS3(): Share | undefined {
  const { TEST_S3_URL } = process.env;
  if (!TEST_S3_URL) return undefined;
  const bucket = testBucket(TEST_S3_URL);
  return { env: { S3_URL: bucket.url }, objects: bucket.keys, end: () => bucket[Symbol.asyncDispose]() };
}

function ofElasticsearch(): Share | undefined {
  const { TEST_ELASTICSEARCH_URL } = process.env;
  if (!TEST_ELASTICSEARCH_URL) return undefined;
  const prefix = `world-${randomUUID()}`;
  const url = new URL(TEST_ELASTICSEARCH_URL);
  url.searchParams.set('prefix', prefix);
  const authorization = `Basic ${btoa(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`)}`;
  async function ask(method: string, path: string): Promise<unknown> {
    const reply = await fetch(`${url.origin}/${path}`, {
      method,
      headers: url.username ? { authorization } : {},
    });
    if (!reply.ok) throw new Error(`${method} /${path}: ${reply.status} ${await reply.text()}`);
    return reply.json();
  }
  return {
    env: { ELASTICSEARCH_URL: url.href },
    refresh: async () => {
      await ask('POST', `${prefix}*/_refresh`);
    },
    async contents() {
      await ask('POST', `${prefix}*/_refresh`);
      const found = (await ask('GET', `${prefix}*/_search?size=10000`)) as {
        hits: { hits: { _index: string; _id: string; _source: unknown }[] };
      };
      return found.hits.hits.map(
        ({ _index, _id, _source }) => `${_index}: ${_id} ${JSON.stringify(_source)}`,
      );
    },
    async end() {
      // Elasticsearch deletes by full names only.
      const left = Object.keys((await ask('GET', `${prefix}*?expand_wildcards=all`)) as object);
      if (left.length > 0) await ask('DELETE', left.join(','));
    },
  };
}

let isRedisTaken = false;

/**
 * A Redis Cluster has no numbered databases, so one world has all of it, emptied before. A second one that lives
 * at the same time gets none here: it uses a database of the single server, as every world of `npm test` does.
 */
async function ofRedis(): Promise<Share | undefined> {
  const { TEST_QUEUE_REDIS_URL, TEST_CACHE_REDIS_URL } = process.env;
  if (!TEST_QUEUE_REDIS_URL || !TEST_CACHE_REDIS_URL || isRedisTaken) return undefined;
  isRedisTaken = true;
  for (const url of new Set([TEST_QUEUE_REDIS_URL, TEST_CACHE_REDIS_URL])) await emptyAll(url);
  return {
    env: { QUEUE_REDIS_URL: TEST_QUEUE_REDIS_URL, CACHE_REDIS_URL: TEST_CACHE_REDIS_URL },
    end: async () => {
      isRedisTaken = false;
    },
  };
}

/** Empties every master of a cluster. */
async function emptyAll(url: string): Promise<void> {
  const address = parseRedisUrl(url);
  if (address.kind !== 'cluster') throw new Error('TEST_…_REDIS_URL has to be that of a Redis Cluster');
  const { username, password } = address;
  for (const { host, port } of address.nodes) {
    const node = new Redis({
      host,
      port,
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
    });
    try {
      const [role] = (await node.call('ROLE')) as [string];
      if (role === 'master') await node.flushall();
    } finally {
      node.disconnect();
    }
  }
}
