import { expect } from 'chai';
import { keys } from '../../shared/keys.ts';
import { type Client, send } from '../tools/client.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('GET /v1/users/{user_id}', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    bob = await w.join('bob');
  });
  after(() => w[Symbol.asyncDispose]());

  it('answers 200 with the profile, by id, by @username, and as `me`', async () => {
    const profile = {
      user_id: alice.userId,
      username: 'alice',
      full_name: null,
      bio: null,
      website: null,
      profile_pic_url: `${w.config.CDN_BASE_URL}/avatars/${alice.userId}/320.jpg?v=a`,
      post_count: 0,
      follower_count: 0,
      following_count: 0,
      is_following: false,
      is_requested: false,
      is_followed_by: false,
      is_blocked: false,
      is_muted: false,
      is_private: false,
      is_verified: false,
    };
    for (const name of [alice.userId, '@alice', '@ALICE', '%40alice']) {
      const reply = await bob.get(`/v1/users/${name}`);
      expect(reply.status, reply.text).to.equal(200);
      expect(reply.body).to.eql(profile);
    }
    expect((await alice.get('/v1/users/me')).body).to.eql(profile);
  });

  it('is the same from Redis as from Postgres', async () => {
    const written = {
      full_name: 'Alice 😀',
      bio: 'مصورة',
      website: 'https://example.org/',
      is_verified: true,
    };
    await w.tools.db.updateTable('users').set(written).where('username', '=', 'alice').execute();
    await w.tools.profiles.forget(alice.userId);
    const fromPostgres = (await bob.get('/v1/users/@alice')).body;
    expect(fromPostgres).to.deep.include(written);
    expect(await w.tools.cache.exists(keys.user(alice.userId))).to.equal(1);
    expect((await bob.get('/v1/users/@alice')).body).to.eql(fromPostgres);
    await w.tools.cache.del(keys.user(alice.userId));
    expect((await bob.get('/v1/users/@alice')).body).to.eql(fromPostgres);
  });

  it('answers 404 for a user there is none of', async () => {
    const names = [
      'user_01j8z3k4m5n6p7q8r9s0t1v2w3',
      '@nobody',
      'alice',
      'ME',
      '1',
      '%00',
      `${alice.userId}%00`,
      '@%00',
      '%F0%9F%98%80',
      `@${'x'.repeat(5_000)}`,
      '..%2fposts',
    ];
    for (const name of names) {
      const reply = await bob.get(`/v1/users/${name}`);
      expectRefusal(reply, 'NOT_FOUND', { field: 'user_id', message: 'User not found' });
    }
  });

  it('asks for a token', async () => {
    expectRefusal(await send(w.base, 'GET', `/v1/users/${alice.userId}`), 'UNAUTHORIZED');
  });
});
