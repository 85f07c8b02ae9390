/** What the schema promises to whoever removes rows. */
import { expect } from 'chai';
import { sql } from 'kysely';
import { type World, world } from '../tools/world.ts';

describe('every reference to a user or a post', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  it('can be looked up by an index, so that a deletion reads no table from end to end', async () => {
    const { rows } = await sql<{ reference: string }>`
      SELECT c.conrelid::regclass || '.' || a.attname AS reference
      FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
      WHERE c.contype = 'f' AND c.confrelid IN ('users'::regclass, 'posts'::regclass, 'comments'::regclass,
          'stories'::regclass, 'highlights'::regclass, 'notification_groups'::regclass)
        AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1]
          AND i.indpred IS NULL)`.execute(w.tools.db);
    // Replies have an index of their own, which leaves out nothing but comments that reply to none.
    expect(rows.map(({ reference }) => reference)).to.eql(['comments.parent_id']);
  });
});
