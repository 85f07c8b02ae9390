/** Rebuilding the search index in Elasticsearch while it is written to and searched. */
import { expect } from 'chai';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../shared/db/index.ts';
import { openLog } from '../../shared/log.ts';
import { alignIndex } from '../../shared/search/align.ts';
import { readVersions } from '../../shared/search/elasticsearch/indexes.ts';
import { openElasticsearch } from '../../shared/search/elasticsearch.ts';
import { type SearchIndex, searchTypes } from '../../shared/search/index.ts';
import { ReindexRunsError, reindex } from '../../shared/search/reindex.ts';
import { testDatabase } from '../tools/database.ts';
import { testElasticsearch } from './elasticsearch.ts';

describe('rebuilding the search index', function () {
  this.timeout(60_000);
  const elasticsearch = testElasticsearch();
  const users = 3_000;
  let db: Db;
  let search: SearchIndex;
  const ends: (() => Promise<unknown>)[] = [];
  before(async () => {
    const database = await testDatabase();
    const opened = openDatabase(database.url, 8, openLog('test', 'silent'));
    db = opened.db;
    search = await openElasticsearch(elasticsearch().url);
    ends.push(
      () => search.close(),
      () => opened.pool.end(),
      () => database[Symbol.asyncDispose](),
    );
    await sql`INSERT INTO users (user_id, username) SELECT 'user_' || n, 'person' || n
      FROM generate_series(1, ${users}) AS n`.execute(db);
  });
  after(async () => {
    for (const end of ends) await end();
  });

  const rebuild = (signal = new AbortController().signal, onProgress?: (done: number) => void) =>
    reindex({ ELASTICSEARCH_URL: elasticsearch().url }, db, ['user'], () => ({ signal, onProgress }));
  const rename = async (id: number, username: string) => {
    await sql`UPDATE users SET username = ${username} WHERE user_id = ${`user_${id}`}`.execute(db);
    await alignIndex({ db, search }, 'user', `user_${id}`);
  };
  const firstHit = async (text: string) => {
    const { hits } = await search.query({ text, types: searchTypes, limit: 1 });
    return hits[0]?.id;
  };
  const versions = async () => (await readVersions(elasticsearch().es, elasticsearch().prefix)).user;
  const count = async () => {
    const { es, prefix } = elasticsearch();
    await search.refresh();
    return (await es.count({ index: `${prefix}-users` })).count;
  };

  it('fills a new one with what Postgres has', async () => {
    expect(await firstHit('person17')).to.equal(undefined);
    await rebuild();
    expect(await count()).to.equal(users);
    expect(await firstHit('person17')).to.equal('user_17');
    expect((await versions()).map(({ number, isRead, isWritten }) => [number, isRead, isWritten])).to.eql([
      [2, true, true],
    ]);
  });

  it('loses nothing that is written meanwhile, and is never empty', async () => {
    let isOver = false;
    const seen: (string | undefined)[] = [];
    const searching = (async () => {
      while (!isOver) seen.push(await firstHit('person18'));
    })();
    const changed: number[] = [];
    const writing = (async () => {
      for (let id = 100; !isOver; id += 7) {
        const number = 100 + (id % (users - 200));
        await rename(number, `renamed${number}`);
        changed.push(number);
      }
    })();
    const removing = (async () => {
      for (let id = 1; id <= 10; id += 1) {
        await sql`DELETE FROM users WHERE user_id = ${`user_${id}`}`.execute(db);
        await alignIndex({ db, search }, 'user', `user_${id}`);
      }
    })();
    await rebuild();
    isOver = true;
    await Promise.all([searching, writing, removing]);
    expect(seen.length).to.be.greaterThan(20);
    expect(new Set(seen), 'each search found what was there all the time').to.eql(new Set(['user_18']));
    expect(changed.length).to.be.greaterThan(20);
    expect(await count()).to.equal(users - 10);
    for (const number of changed) expect(await firstHit(`renamed${number}`)).to.equal(`user_${number}`);
    expect(await versions()).to.have.length(1);
  });

  it('goes on where a run broke off, with what was written in between', async () => {
    const abort = new AbortController();
    const broken = await rebuild(abort.signal, (done) => {
      if (done >= 1_000) abort.abort();
    }).catch((thrown: unknown) => thrown);
    expect(broken).to.equal(abort.signal.reason);
    expect((await versions()).map(({ isRead, isWritten }) => [isRead, isWritten])).to.eql([
      [true, true],
      [false, true],
    ]);
    const [, building] = await versions();
    expect(await firstHit('person19')).to.equal('user_19');
    await rename(50, 'betweentimes');
    await rebuild();
    expect((await versions()).map(({ index }) => index)).to.eql([building?.index]);
    expect(await count()).to.equal(users - 10);
    expect(await firstHit('betweentimes')).to.equal('user_50');
  });

  it('is done by one at a time', async () => {
    const abort = new AbortController();
    let second: Promise<unknown> | undefined;
    await rebuild(abort.signal, () => {
      second ??= rebuild()
        .catch((thrown: unknown) => thrown)
        .finally(() => abort.abort());
    }).catch(() => {});
    expect(await second).to.be.instanceOf(ReindexRunsError);
  });
});
