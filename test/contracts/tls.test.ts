/** Engines that are reached over TLS: whoever cannot prove who they are is not talked to. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect } from 'chai';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../shared/db/index.ts';
import { openObjectStore } from '../../shared/images/open.ts';
import { openLog } from '../../shared/log.ts';
import { openRedis, whenReady } from '../../shared/redis/index.ts';
import { openSearchIndex } from '../../shared/search/open.ts';
import { openStoryStore } from '../../shared/stories/open.ts';
import { testKeyspace } from '../tools/cassandra.ts';
import { testDatabase } from '../tools/database.ts';
import { needsEngine } from '../tools/engine-url.ts';
import { type Line, layLine } from '../tools/line.ts';
import { testRedis } from '../tools/world.ts';

const silent = openLog('test', 'silent');
const fixture = (name: string) => readFile(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));

const refusal = /certificate|altnames/;

/** What an engine is asked once it is there. */
type Asked = { ask(): Promise<unknown>; close(): Promise<unknown> | unknown };

describe('over TLS', function () {
  this.timeout(60_000);
  const trusted = getCACertificates('default');
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let db: Db;
  let folder: string;
  const ends: (() => Promise<unknown>)[] = [];
  before(async () => {
    database = await testDatabase();
    const opened = openDatabase(database.url, 2, silent);
    db = opened.db;
    folder = await mkdtemp(join(tmpdir(), 'emulsion-tls-'));
    ends.push(
      () => rm(folder, { recursive: true }),
      () => database[Symbol.asyncDispose](),
      () => opened.pool.end(),
    );
  });
  afterEach(() => setDefaultCACertificates(trusted));
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  async function secureLine(url: string, certificate: 'cert' | 'elsewhere'): Promise<Line> {
    return layLine(url, { cert: await fixture(certificate), key: await fixture('key') });
  }

  async function trustOurs(): Promise<void> {
    setDefaultCACertificates([...trusted, (await fixture('ca')).toString()]);
  }

  async function outcome(open: () => Promise<Asked>): Promise<string> {
    let opened: Asked | undefined;
    try {
      opened = await open();
      await opened.ask();
      return 'answers';
    } catch (error) {
      return (error as Error).message;
    } finally {
      await opened?.close();
    }
  }

  /** Holds an engine to it: who is trusted and named answers, everybody else is told why not. */
  async function expectProof(url: string, open: (lineUrl: string) => Promise<Asked>): Promise<void> {
    await using line = await secureLine(url, 'cert');
    expect(await outcome(() => open(line.url)), 'of an authority nobody knows').to.match(refusal);
    await trustOurs();
    expect(await outcome(() => open(line.url)), 'as it should be').to.equal('answers');
    await using elsewhere = await secureLine(url, 'elsewhere');
    expect(await outcome(() => open(elsewhere.url)), "with another host's certificate").to.match(refusal);
  }

  it('a bucket', async function () {
    needsEngine(this, 'TEST_S3_URL');
    await expectProof(process.env.TEST_S3_URL as string, async (lineUrl) => {
      const url = lineUrl.replace('http:', 'https:');
      const store = await openObjectStore({ DATA_DIR: folder, S3_URL: url }, silent);
      return { ask: () => store.check(), close: () => store.close() };
    });
  });

  it('Elasticsearch', async function () {
    needsEngine(this, 'TEST_ELASTICSEARCH_URL');
    await expectProof(process.env.TEST_ELASTICSEARCH_URL as string, async (lineUrl) => {
      const search = await openSearchIndex({ ELASTICSEARCH_URL: lineUrl.replace('http:', 'https:') }, db);
      return { ask: () => search.check(), close: () => search.close() };
    });
  });

  describe('Cassandra', () => {
    const open = (query: string) => async (lineUrl: string) => {
      const url = `${lineUrl.replace('cassandra:', 'cassandras:')}${query}`;
      const store = await openStoryStore({ CASSANDRA_URL: url, STORY_LIFETIME_S: 86_400 }, db, silent);
      return { ask: () => store.check(), close: () => store.close() };
    };

    it('by its address', async function () {
      needsEngine(this, 'TEST_CASSANDRA_URL');
      await using keyspace = await testKeyspace();
      await expectProof(keyspace.url, open(''));
    });

    it('by its authority alone', async function () {
      needsEngine(this, 'TEST_CASSANDRA_URL');
      await using keyspace = await testKeyspace();
      await using line = await secureLine(keyspace.url, 'elsewhere');
      expect(await outcome(() => open('&verify=ca')(line.url))).to.match(refusal);
      await trustOurs();
      expect(await outcome(() => open('&verify=ca')(line.url))).to.equal('answers');
    });
  });

  it('Postgres', async () => {
    await expectProof(database.url, async (lineUrl) => {
      const { db: secure, pool } = openDatabase(`${lineUrl}?sslmode=verify-full`, 1, silent);
      return { ask: () => sql`SELECT ${1}::int`.execute(secure), close: () => pool.end() };
    });
  });

  it('Redis', async () => {
    await expectProof(await testRedis(), async (lineUrl) => {
      const redis = openRedis(lineUrl.replace('redis:', 'rediss:'), 'request', silent);
      return { ask: () => whenReady(redis, 2_000), close: () => redis.disconnect() };
    });
  });
});
