import { expect } from 'chai';
import { sql } from 'kysely';
import { encodeCursor } from '../../../api/cursor.ts';
import { type Client, send } from '../../tools/client.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

describe('GET /v1/users/{user_id}/followers and /following', () => {
  let w: World;
  let alice: Client;
  /** They follow alice, and alice follows them, in this order. */
  const people: Client[] = [];
  let newestFirst: string[];
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    for (const name of ['bob', 'carol', 'dora', 'erin', 'frank']) {
      const person = await w.join(name);
      await person.post(`/v1/users/${alice.userId}/follow`);
      await alice.post(`/v1/users/${person.userId}/follow`);
      people.push(person);
    }
    newestFirst = people.map(({ username }) => username).reverse();
  });
  after(() => w[Symbol.asyncDispose]());

  const kinds = ['followers', 'following'] as const;
  const list = (who: Client, kind: string, query = '', whom = alice.userId) =>
    who.get(`/v1/users/${whom}/${kind}${query}`);
  const names = (body: { users: { username: string }[] }) => body.users.map((user) => user.username);

  it('answer 200 with the people, the newest tie first, and whether the caller follows them', async () => {
    const [bob, carol] = people as [Client, Client];
    await bob.post(`/v1/users/${carol.userId}/follow`);
    for (const kind of kinds) {
      for (const name of [alice.userId, '@alice']) {
        const { status, body } = await list(bob, kind, '', name);
        expect(status).to.equal(200);
        expect(Object.keys(body)).to.eql(['users', 'next_cursor', 'has_more']);
        expect(names(body)).to.eql(newestFirst);
        expect(body.users[3]).to.eql({
          user_id: carol.userId,
          username: 'carol',
          profile_pic_url: `${w.config.CDN_BASE_URL}/avatars/${carol.userId}/320.jpg?v=c`,
          is_verified: false,
          is_following: true,
        });
        expect(body.users[0].is_following).to.equal(false);
        expect([body.next_cursor, body.has_more]).to.eql([null, false]);
      }
      expect(names((await list(alice, kind, '', 'me')).body)).to.eql(newestFirst);
    }
    await bob.delete(`/v1/users/${carol.userId}/follow`);
    expect((await list(bob, 'followers')).body.users[3].is_following).to.equal(false);
  });

  it('page through all of them with any limit', async () => {
    for (const kind of kinds) {
      for (const limit of [1, 2, 4, 5]) {
        const seen: string[] = [];
        let query = `?limit=${limit}`;
        for (;;) {
          const { body } = await list(alice, kind, query);
          seen.push(...names(body));
          if (!body.next_cursor) break;
          query = `?limit=${limit}&cursor=${body.next_cursor}`;
        }
        expect(seen, `${kind}, limit ${limit}`).to.eql(newestFirst);
      }
    }
  });

  it('neither repeat nor skip anybody while others come and go', async () => {
    const famous = await w.join('famous');
    const fans: Client[] = [];
    for (let n = 0; n < 6; n += 1) {
      const fan = await w.join(`fan${n}`);
      await fan.post(`/v1/users/${famous.userId}/follow`);
      fans.unshift(fan);
    }
    const first = (await list(alice, 'followers', '?limit=2', famous.userId)).body;
    const late = await w.join('late');
    await late.post(`/v1/users/${famous.userId}/follow`);
    await fans[1]?.delete(`/v1/users/${famous.userId}/follow`);
    await fans[2]?.delete(`/v1/users/${famous.userId}/follow`);
    const query = `?limit=9&cursor=${first.next_cursor}`;
    const second = (await list(alice, 'followers', query, famous.userId)).body;
    expect([...names(first), ...names(second)]).to.eql(['fan5', 'fan4', 'fan2', 'fan1', 'fan0']);
  });

  it('leave out those the viewer may not know', async () => {
    const [bob, carol, dora] = people as [Client, Client, Client];
    await carol.post(`/v1/users/${bob.userId}/block`);
    await bob.post(`/v1/users/${dora.userId}/block`);
    for (const kind of kinds) {
      expect(names((await list(bob, kind)).body), 'carol blocked bob').to.eql([
        'frank',
        'erin',
        'dora',
        'bob',
      ]);
      expect(names((await list(carol, kind)).body), 'and may know him').to.eql(newestFirst);
      expect(names((await list(dora, kind)).body)).to.eql(['frank', 'erin', 'dora', 'carol']);
      const page = (await list(bob, kind, '?limit=3')).body;
      expect(names(page), 'a page is full all the same').to.eql(['frank', 'erin', 'dora']);
    }
    await carol.delete(`/v1/users/${bob.userId}/block`);
    await bob.delete(`/v1/users/${dora.userId}/block`);
    const setHidden = (at: Date | null) =>
      w.tools.db.updateTable('users').set({ suspended_at: at }).where('username', '=', 'erin').execute();
    await setHidden(new Date());
    expect(names((await list(bob, 'followers')).body)).to.eql(['frank', 'dora', 'carol', 'bob']);
    await setHidden(null);
    expect(names((await list(bob, 'followers')).body)).to.eql(newestFirst);
  });

  it('show those of a private account to its followers alone', async () => {
    const [greta, bob] = [await w.join('greta'), people[0] as Client];
    await greta.post(`/v1/users/${bob.userId}/follow`);
    await greta.patch('/v1/users/me', { is_private: true });
    for (const kind of kinds) {
      expectRefusal(await list(bob, kind, '', greta.userId), 'FORBIDDEN', {
        field: 'user_id',
        reason: 'This account is private',
      });
      expect((await list(greta, kind, '', greta.userId)).status).to.equal(200);
    }
    await bob.post(`/v1/users/${greta.userId}/follow`);
    expect((await list(bob, 'following', '', greta.userId)).status, 'only asked').to.equal(403);
    await greta.post(`/v1/users/me/follow-requests/${bob.userId}`);
    expect(names((await list(bob, 'following', '', greta.userId)).body)).to.eql(['bob']);
    expect(names((await list(bob, 'followers', '', greta.userId)).body)).to.eql(['bob']);
    // A private account among a public one's followers stays in the list.
    expect(names((await list(alice, 'followers', '', bob.userId)).body)).to.include('greta');
  });

  it('show nothing across a block', async () => {
    const [henry, bob] = [await w.join('henry'), people[0] as Client];
    await henry.post(`/v1/users/${bob.userId}/block`);
    for (const kind of kinds) {
      expectRefusal(await list(bob, kind, '', henry.userId), 'NOT_FOUND', {
        field: 'user_id',
        message: 'User not found',
      });
      expectRefusal(await list(henry, kind, '', bob.userId), 'FORBIDDEN', {
        field: 'user_id',
        reason: 'You blocked this account; lift the block to see it',
      });
    }
  });

  it('refuse a cursor of another list, and a limit that is none', async () => {
    for (const kind of kinds) {
      const other = kind === 'followers' ? 'following' : 'followers';
      const foreign = (await list(alice, other, '?limit=1')).body.next_cursor;
      const bad = [
        'x',
        '',
        foreign,
        ...[[], ['1'], [0], [-1], [1.5], [1, 2]].map((at) => encodeCursor(kind, at)),
      ];
      for (const cursor of bad) {
        expectRefusal(await list(alice, kind, `?cursor=${cursor}`), 'INVALID_INPUT', { field: 'cursor' });
      }
      for (const limit of ['0', '101', 'x']) {
        expectRefusal(await list(alice, kind, `?limit=${limit}`), 'INVALID_INPUT', { field: 'limit' });
      }
    }
  });

  it('answer 404 for a user there is none of, and ask for a token', async () => {
    for (const kind of kinds) {
      for (const name of ['user_01j8z3k4m5n6p7q8r9s0t1v2w3', '@nobody', '%00']) {
        expectRefusal(await list(alice, kind, '', name), 'NOT_FOUND', {
          field: 'user_id',
          message: 'User not found',
        });
      }
      expectRefusal(await send(w.base, 'GET', `/v1/users/${alice.userId}/${kind}`), 'UNAUTHORIZED');
    }
  });

  it('are served by an index', async () => {
    const plans: [table: string, of: string][] = [
      ['follows', 'following_id'],
      ['follows', 'follower_id'],
      ['follow_requests', 'requested_id'],
      ['blocks', 'blocker_id'],
      ['mutes', 'muter_id'],
    ];
    await w.tools.db.transaction().execute(async (tx) => {
      // Tables this small are read in other ways; what counts is that the index can give the order.
      for (const way of ['enable_seqscan', 'enable_bitmapscan']) {
        await sql`SET LOCAL ${sql.ref(way)} = off`.execute(tx);
      }
      for (const [table, of] of plans) {
        const { rows } = await sql<{ 'QUERY PLAN': string }>`EXPLAIN SELECT id FROM ${sql.table(table)}
          WHERE ${sql.ref(of)} = 1 AND id < 99 ORDER BY id DESC LIMIT 20`.execute(tx);
        const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        expect(plan, plan)
          .to.match(/Index (Only )?Scan/)
          .and.not.match(/Sort/);
      }
    });
  });
});
