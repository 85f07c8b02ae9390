import { expect } from 'chai';
import { sql } from 'kysely';
import { isDatabaseDown, openDatabase } from '../../../shared/db/index.ts';
import { openLog } from '../../../shared/log.ts';
import { testDatabase } from '../../tools/database.ts';
import { layLine } from '../../tools/line.ts';

describe('a Postgres that falls silent', () => {
  it('fails what waits for it in time, and is connected to anew', async () => {
    await using database = await testDatabase();
    await using line = await layLine(database.url);
    const { db, pool } = openDatabase(line.url, 1, openLog('test', 'silent'), 200);
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
    const { db, pool } = openDatabase(line.url, 1, openLog('test', 'silent'), 200);
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
});
