import { expect } from 'chai';
import { audited, joinAdmin } from '../../tools/admins.ts';
import type { Client } from '../../tools/client.ts';
import { jobsOwed } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

describe('PATCH /v1/admin/users/{user_id}', () => {
  let w: World;
  let alice: Client;
  let carol: Client;
  let count = 0;
  before(async () => {
    w = await world({
      serves: [],
      env: { RATE_LIMITS: 'anonymous:6000,free:6000,pro:7000,enterprise:8000' },
    });
    carol = await joinAdmin(w, 'carol');
  });
  beforeEach(async () => {
    count += 1;
    alice = await w.join(`alice${count}`);
  });
  after(() => w[Symbol.asyncDispose]());

  const change = (body: Record<string, unknown>, name = alice.userId) =>
    carol.patch(`/v1/admin/users/${name}`, body);
  const entries = async () => (await audited(carol)).filter(({ target_id }) => target_id === alice.userId);

  it('answers 200 with the account, and keeps what is not given', async () => {
    const reply = await change({ tier: 'pro', is_verified: true });
    expect(reply.status, reply.text).to.equal(200);
    expect(reply.body).to.include({
      user_id: alice.userId,
      username: alice.username,
      tier: 'pro',
      is_verified: true,
      role: 'user',
      is_suspended: false,
    });
    expect((await change({ tier: 'enterprise' })).body).to.include({ tier: 'enterprise', is_verified: true });
  });

  it('holds from the next request on, everywhere', async () => {
    const { body: post } = await alice.upload(await photo({ width: 40, height: 40 }));
    const limit = async () => (await alice.get('/v1/feed')).headers.get('x-ratelimit-limit');
    const isVerified = async () => (await alice.get('/v1/feed')).body.posts[0].user.is_verified;
    expect([await limit(), await isVerified()]).to.eql(['6000', false]);
    await change({ tier: 'pro', is_verified: true });
    expect([await limit(), await isVerified()]).to.eql(['7000', true]);
    expect((await carol.get(`/v1/users/${alice.userId}`)).body.is_verified).to.equal(true);
    expect((await alice.get('/v1/admin/audit')).status).to.equal(403);
    await change({ role: 'admin' });
    expect((await alice.get('/v1/admin/audit')).status).to.equal(200);
    await change({ role: 'user' });
    expect((await alice.get('/v1/admin/audit')).status).to.equal(403);
    expect(post.user.is_verified).to.equal(false);
  });

  it('owes the jobs of an edit, and writes down what has changed from what to what', async () => {
    const reply = await change({ tier: 'pro', is_verified: false, role: 'user' });
    await change({ tier: 'pro' });
    await change({});
    expect(await jobsOwed(w.tools, alice.userId, 'userEdited')).to.eql(['index-user', 'refresh-user']);
    expect((await entries()).map(({ entry_id, created_at, actor, ...entry }) => entry)).to.eql([
      {
        source: 'api',
        actor_id: carol.userId,
        action: 'user.change',
        target_type: 'user',
        target_id: alice.userId,
        details: { tier: { from: 'free', to: 'pro' } },
        request_id: reply.headers.get('x-request-id'),
      },
    ]);
  });

  it('lets no admin change their own role', async () => {
    expectRefusal(await change({ role: 'user' }, '@carol'), 'INVALID_INPUT', {
      field: 'role',
      reason: 'You cannot change your own role',
    });
    expect((await change({ role: 'admin', is_verified: true }, '@carol')).status).to.equal(200);
  });

  it('names each field that is wrong', async () => {
    for (const [field, body] of [
      ['tier', { tier: 'gold' }],
      ['is_verified', { is_verified: 'yes' }],
      ['role', { role: 'owner' }],
      ['username', { username: 'mallory' }],
    ] as const) {
      expectRefusal(await change(body), 'INVALID_INPUT', { field });
    }
    for (const name of ['user_01j8z3k4m5n6p7q8r9s0t1v2w3', '@nobody', 'me', '%00']) {
      expectRefusal(await change({ tier: 'pro' }, name), 'NOT_FOUND', {
        field: 'user_id',
        message: 'User not found',
      });
    }
  });
});
