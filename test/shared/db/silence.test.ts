import { expect } from 'chai';
import { sql } from 'kysely';
import { isDatabaseDown, openDatabase } from '../../../shared/db/index.ts';
import { openLog } from '../../../shared/log.ts';
import { testDatabase } from '../../tools/database.ts';
import { layLine } from '../../tools/line.ts';
import { until } from '../../tools/world.ts';

describe('a Postgres that falls silent', () => {
  it('fails what waits for it in time, and is connected to anew', async () => {
    await using database = await testDatabase();
    await using line = await layLine(database.url);
    const { db, pool } = openDatabase(line.url, 1, openLog('test', 'silent'), { silenceMs: 200 });
    const ask = () =>
      sql<{ one: number }>`SELECT ${1}::int AS one`.execute(db).then(({ rows }) => rows[0]?.one);
    try {
      expect(await ask()).to.equal(1);
      const before = line.connections();
      line.hush();
      const failure = await ask().then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(Error);
      expect(isDatabaseDown(failure), String(failure)).to.equal(true);
      expect(pool.totalCount, 'connections in the pool').to.equal(0);
      line.mend();
      expect(await ask()).to.equal(1);
      expect(line.connections(), 'connections on the line').to.equal(before);
    } finally {
      await pool.end();
    }
  });

  it('fails what it is told in a transaction, which leaves nothing', async () => {
    await using database = await testDatabase();
    await using line = await layLine(database.url);
    const { db, pool } = openDatabase(line.url, 1, openLog('test', 'silent'), { silenceMs: 200 });
    const write = db.transaction().execute(async (tx) => {
      await sql`INSERT INTO users (user_id, username) VALUES ('user_silent', 'silent')`.execute(tx);
      line.hush();
      await sql`SELECT ${1}::int`.execute(tx);
    });
    const failure = await write.then(
      () => undefined,
      (error: unknown) => error,
    );
    try {
      expect(isDatabaseDown(failure), String(failure)).to.equal(true);
      line.mend();
      // It would wait for the transaction if that had not ended.
      await sql`INSERT INTO users (user_id, username) VALUES ('user_silent', 'silent')`.execute(db);
    } finally {
      await pool.end();
    }
  });

  it('is not taken for one that is slow, unless that takes too long', async () => {
    await using database = await testDatabase();
    const patience = { silenceMs: 100, longestMs: 1_000 };
    const { db, pool } = openDatabase(database.url, 1, openLog('test', 'silent'), patience);
    const sleep = (seconds: number) => sql`SELECT pg_sleep(${seconds}::float8)`.execute(db);
    try {
      await sleep(0.5);
      const failure = await sleep(30).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(isDatabaseDown(failure), String(failure)).to.equal(true);
      // Postgres ends by itself what nobody waits for.
      await until('nobody sleeps any more', async () => {
        const { rows } = await sql`SELECT FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%' AND state = 'active'`.execute(
          db,
        );
        return rows.length === 0;
      });
    } finally {
      await pool.end();
    }
  });
});
