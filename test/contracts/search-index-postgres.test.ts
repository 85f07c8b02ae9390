import { expect } from 'chai';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../shared/db/index.ts';
import { openLog } from '../../shared/log.ts';
import { type SearchIndex, SearchIndexError, searchTypes } from '../../shared/search/index.ts';
import { openPostgresSearch } from '../../shared/search/postgres.ts';
import { testDatabase } from '../tools/database.ts';
import { searchIndexContract } from './search-index.ts';

type Opened = { db: Db; index: SearchIndex; end(): Promise<void> };
const opened: Opened[] = [];

async function open(connections = 12): Promise<Opened> {
  const database = await testDatabase();
  const { db, pool } = openDatabase(database.url, connections, openLog('test', 'silent'));
  let isOver = false;
  const made = {
    db,
    index: openPostgresSearch(db),
    async end() {
      if (isOver) return;
      isOver = true;
      await pool.end();
      await database[Symbol.asyncDispose]();
    },
  };
  opened.push(made);
  return made;
}

after(async () => {
  for (const { end } of opened) await end();
});

searchIndexContract('in Postgres', async () => ({ index: (await open()).index, async refresh() {} }));

describe('the search index in Postgres', () => {
  const words = async ({ db }: Opened) => {
    const { rows } = await sql<{ word: string }>`SELECT word FROM search_words ORDER BY word`.execute(db);
    return rows.map(({ word }) => word);
  };
  const found = async ({ index }: Opened, text: string) =>
    (await index.query({ text, types: searchTypes, limit: 10 })).hits.map((hit) => hit.id);

  it('keeps no word of what was removed or reworded', async () => {
    const made = await open();
    const { index } = made;
    await index.put({ type: 'post', id: 'a', text: 'silver common', popularity: 0 });
    await index.put({ type: 'post', id: 'b', text: 'common copper', popularity: 0 });
    expect(await words(made)).to.eql(['common', 'copper', 'silver']);
    await index.put({ type: 'post', id: 'a', text: 'golden', popularity: 0 });
    expect(await words(made), 'the word that both had was known from the first').to.eql([
      'common',
      'copper',
      'golden',
    ]);
    expect(await found(made, 'comon')).to.eql(['b']);
    await index.remove('post', 'b');
    await index.remove('post', 'a');
    expect(await words(made)).to.eql([]);
  });

  it('hands a word on when many have it and they are removed at once', async () => {
    const made = await open();
    const ids = Array.from({ length: 20 }, (_, number) => `p${number}`);
    for (const id of ids) await made.index.put({ type: 'post', id, text: 'shared lantern', popularity: 0 });
    await Promise.all(ids.slice(1).map((id) => made.index.remove('post', id)));
    expect(await found(made, 'lantren')).to.eql(['p0']);
    await made.index.remove('post', 'p0');
    expect(await words(made)).to.eql([]);
  });

  it('reads no table from end to end', async () => {
    const made = await open(1);
    const { db, index } = made;
    const filled = [
      sql`SELECT 'user', 'u' || n, 'name' || n % 97 || '_' || n, NULL, ('name' || n)::tsvector, n % 1000`,
      sql`SELECT 'hashtag', 'h' || n, 'tag' || n % 97 || '_' || n, NULL, ('tag' || n)::tsvector, n % 1000`,
      sql`SELECT 'location', 'l' || n, 'at' || n % 97 || '_' || n, NULL, ('at' || n)::tsvector, n % 1000`,
      sql`SELECT 'post', 'p' || n, NULL, NULL, ('the word' || n % 5000)::tsvector, n % 10`,
    ];
    for (const rows of filled) {
      await sql`INSERT INTO search_documents (type, subject_id, name, full_name, words, popularity)
        ${rows} FROM generate_series(1, 20000) AS n`.execute(db);
    }
    await sql`INSERT INTO search_words SELECT 'word' || n, 'word' || n, n FROM generate_series(1, 20000) AS n`.execute(
      db,
    );
    await sql`ANALYZE search_documents, search_words`.execute(db);
    const read = async () => {
      await sql`SELECT pg_stat_force_next_flush()`.execute(db);
      const { rows } = await sql<{ scans: number; rows: number }>`
        SELECT sum(seq_scan)::int AS scans, sum(seq_tup_read)::int AS rows FROM pg_stat_user_tables
        WHERE relname LIKE 'search%'`.execute(db);
      return rows[0];
    };
    await index.check();
    const before = await read();
    // Often enough for Postgres to settle on a plan for any values.
    for (let times = 0; times < 8; times++) {
      for (const text of [
        'n',
        'na',
        'name50_',
        'name50_147',
        't',
        'the',
        'word4999',
        'word',
        'wrod4998',
        'zzzz',
      ]) {
        await index.query({ text, types: searchTypes, limit: 20 });
        await index.query({ text, types: ['post'], limit: 20 });
        await index.query({ text, types: ['user'], limit: 20 });
      }
    }
    await index.put({ type: 'post', id: 'p1', text: 'word9999 entirely new', popularity: 1 });
    await index.remove('post', 'p1');
    expect(await read()).to.eql(before);
  });

  it('says so when Postgres is away', async () => {
    const made = await open();
    await made.end();
    const { index } = made;
    const attempts = [
      index.check(),
      index.query({ text: 'a', types: searchTypes, limit: 1 }),
      index.put({ type: 'hashtag', id: 'a', popularity: 1 }),
      index.remove('hashtag', 'a'),
    ];
    for (const attempt of attempts) {
      expect(await attempt.catch((thrown: unknown) => thrown)).to.be.instanceOf(SearchIndexError);
    }
  });
});
