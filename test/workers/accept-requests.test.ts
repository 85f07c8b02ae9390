import { expect } from 'chai';
import { acceptRequests } from '../../workers/handlers/accept-requests.ts';
import type { Client } from '../tools/client.ts';
import { effectsOn } from '../tools/owed.ts';
import { internalId } from '../tools/rows.ts';
import { type World, world } from '../tools/world.ts';

describe('accept-requests', () => {
  let w: World;
  let alice: Client;
  let id: number;
  const run = (userId = alice.userId, signal = new AbortController().signal) =>
    acceptRequests({ userId }, { tools: w.tools, signal });
  const count = async (table: 'follows' | 'follow_requests') =>
    (await w.tools.db.selectFrom(table).select('id').execute()).length;

  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    id = await internalId(w, 'users', alice.userId);
  });
  beforeEach(async () => {
    for (const table of ['follows', 'follow_requests', 'count_deltas', 'effects'] as const) {
      await w.tools.db.deleteFrom(table).execute();
    }
    await alice.patch('/v1/users/me', { is_private: true });
  });
  after(() => w[Symbol.asyncDispose]());

  /** As many who ask, written past the API to be quick. */
  async function asked(many: number): Promise<void> {
    const people = await w.tools.db
      .insertInto('users')
      .values(
        Array.from({ length: many }, (_, n) => {
          const name = `asking${many}_${n}`;
          return { user_id: `user_${name}`, username: name };
        }),
      )
      .returning('id')
      .execute();
    await w.tools.db
      .insertInto('follow_requests')
      .values(people.map((person) => ({ requester_id: person.id, requested_id: id })))
      .execute();
  }

  it('accepts all of a crowd: some with the edit, the rest by the job', async () => {
    await asked(250);
    const opened = await alice.patch('/v1/users/me', { is_private: false });
    const atOnce = opened.body.follower_count;
    expect(atOnce).to.be.within(1, 249);
    const owed = await effectsOn(w.tools, alice.userId);
    expect(owed.filter(({ job }) => job === 'accept-requests')).to.have.length(1);
    expect(await count('follow_requests')).to.equal(250 - atOnce);
    await Promise.all([run(), run()]);
    await run();
    expect([await count('follows'), await count('follow_requests')]).to.eql([250, 0]);
    expect((await alice.get('/v1/users/me')).body.follower_count).to.equal(250);
    const accepted = (await effectsOn(w.tools, alice.userId)).filter(({ job }) => job === 'notify-accepted');
    expect(accepted).to.have.length(250);
  });

  it('accepts nobody for an account that is private again, or gone', async () => {
    await asked(3);
    await run();
    expect([await count('follows'), await count('follow_requests')]).to.eql([0, 3]);
    await run('user_01j8z3k4m5n6p7q8r9s0t1v2w3');
  });

  it('ends when its time is over, and goes on the next time', async () => {
    await asked(2);
    await w.tools.db.updateTable('users').set({ is_private: false }).where('id', '=', id).execute();
    const refused = await run(alice.userId, AbortSignal.abort()).catch((error: Error) => error.name);
    expect(refused).to.equal('AbortError');
    expect(await count('follows')).to.equal(0);
    await run();
    expect(await count('follows')).to.equal(2);
  });
});
