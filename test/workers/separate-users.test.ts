import { expect } from 'chai';
import { newId } from '../../shared/ids.ts';
import { keys } from '../../shared/keys.ts';
import { refreshUser } from '../../workers/handlers/refresh-user.ts';
import { separateUsers } from '../../workers/handlers/separate-users.ts';
import type { Client } from '../tools/client.ts';
import { internalId } from '../tools/rows.ts';
import { type World, world } from '../tools/world.ts';

describe('separate-users', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let ids: [number, number];
  const run = (blockerId = alice.userId) =>
    separateUsers(
      { blockerId, userId: bob.userId },
      { tools: w.tools, signal: new AbortController().signal },
    );
  /** A notice that was under way when the block came: its row is later than the request's own clearing. */
  const lateNotice = () =>
    w.tools.db.transaction().execute(async (tx) => {
      const group = await tx
        .insertInto('notification_groups')
        .values({ group_id: newId('group'), user_id: ids[0], key: null, newest_id: 1 })
        .returning('id')
        .executeTakeFirstOrThrow();
      await tx
        .insertInto('notifications')
        .values({
          notification_id: newId('notification'),
          user_id: ids[0],
          actor_id: ids[1],
          type: 'follow',
          group_id: group.id,
        })
        .execute();
    });
  const notices = async () => (await w.tools.db.selectFrom('notifications').select('id').execute()).length;

  before(async () => {
    w = await world({ serves: [] });
    [alice, bob] = [await w.join('alice'), await w.join('bob')];
    ids = [await internalId(w, 'users', alice.userId), await internalId(w, 'users', bob.userId)];
  });
  after(() => w[Symbol.asyncDispose]());

  it('forgets what is cached of both, and removes a notice that came late', async () => {
    const carol = await w.join('carol');
    await carol.post(`/v1/users/${alice.userId}/follow`);
    await alice.post(`/v1/users/${bob.userId}/block`);
    await lateNotice();
    const kept = [alice, bob].flatMap(({ userId }) => [
      keys.feed(userId),
      keys.user(userId),
      keys.following(userId),
    ]);
    for (const who of [alice, bob]) {
      await who.get('/v1/users/me');
      await who.get('/v1/feed');
      await who.get(`/v1/users/${carol.userId}/following`);
    }
    const left = async () =>
      (await Promise.all(kept.map((key) => w.tools.cache.exists(key)))).filter(Boolean);
    expect(await left()).to.have.length.above(3);
    await run();
    await run();
    expect(await left()).to.eql([]);
    expect(await notices()).to.equal(0);
  });

  it('leaves the notices of people whose block was lifted', async () => {
    await alice.delete(`/v1/users/${bob.userId}/block`);
    await lateNotice();
    await run();
    expect(await notices()).to.equal(1);
    await run('user_01j8z3k4m5n6p7q8r9s0t1v2w3');
  });
});

describe('refresh-user', () => {
  it('makes every process and Redis forget the user', async () => {
    await using w = await world({ serves: [] });
    const alice = await w.join('alice');
    await alice.get('/v1/users/me');
    await w.tools.db.updateTable('users').set({ bio: 'new' }).where('user_id', '=', alice.userId).execute();
    expect((await alice.get('/v1/users/me')).body.bio, 'from Redis').to.equal(null);
    await refreshUser({ userId: alice.userId }, { tools: w.tools, signal: new AbortController().signal });
    expect((await alice.get('/v1/users/me')).body.bio).to.equal('new');
  });
});
