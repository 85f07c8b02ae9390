import { expect } from 'chai';
import { Client } from 'pg';

describe('the embedded Postgres', () => {
  it('knows the letters of all scripts, in upper and lower case and in trigrams', async () => {
    const client = new Client(process.env.TEST_DATABASE_URL);
    await client.connect();
    try {
      await client.query('create extension if not exists pg_trgm');
      const { rows } = await client.query(
        "select lower('ÄŽЖ') as lower, cardinality(show_trgm('Žluť')) as trigrams, 'z' < 'ä' as by_code_point",
      );
      expect(rows).to.deep.equal([{ lower: 'äžж', trigrams: 5, by_code_point: true }]);
    } finally {
      await client.end();
    }
  });
});
