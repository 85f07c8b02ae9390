import { expect } from 'chai';
import { audited, joinAdmin } from '../../tools/admins.ts';
import type { Client } from '../../tools/client.ts';
import { jobsOwed } from '../../tools/owed.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

describe('POST and DELETE /v1/admin/users/{user_id}/suspend', () => {
  let w: World;
  let alice: Client;
  let carol: Client;
  let count = 0;
  before(async () => {
    w = await world({ serves: [] });
    carol = await joinAdmin(w, 'carol');
  });
  beforeEach(async () => {
    count += 1;
    alice = await w.join(`alice${count}`);
  });
  after(() => w[Symbol.asyncDispose]());

  const suspend = (name: string, reason: unknown = 'Sells followers', admin = carol) =>
    admin.post(`/v1/admin/users/${name}/suspend`, { reason });
  const reinstate = (name: string) => carol.delete(`/v1/admin/users/${name}/suspend`);
  const entriesOn = async ({ userId }: Client) =>
    (await audited(carol)).filter(({ target_id }) => target_id === userId);

  it('answer 200 with the account', async () => {
    const suspended = await suspend(alice.userId);
    expect(suspended.status, suspended.text).to.equal(200);
    expect(suspended.body).to.include({ user_id: alice.userId, is_suspended: true, role: 'user' });
    expect(Date.parse(suspended.body.suspended_at)).to.be.within(Date.now() - 60_000, Date.now() + 1_000);
    const lifted = await reinstate(`@${alice.username.toUpperCase()}`);
    expect(lifted.status, lifted.text).to.equal(200);
    expect(lifted.body).to.include({ user_id: alice.userId, is_suspended: false, suspended_at: null });
  });

  it('end every session, and let nobody sign in until lifted; the old ones stay ended', async () => {
    const login = { login: alice.username, password: `${alice.username} has a password` };
    const other = (await carol.post('/v1/auth/login', login)).body;
    await suspend(alice.userId);
    const statuses = await Promise.all([
      alice.get('/v1/users/me').then(({ status }) => status),
      alice
        .get('/v1/users/me', { Authorization: `Bearer ${other.access_token}` })
        .then(({ status }) => status),
      carol.post('/v1/auth/refresh', { refresh_token: alice.refreshToken }).then(({ status }) => status),
    ]);
    expect(statuses).to.eql([401, 401, 401]);
    expectRefusal(await carol.post('/v1/auth/login', login), 'FORBIDDEN', {
      field: 'login',
      reason: 'This account is suspended',
    });
    const wrong = await carol.post('/v1/auth/login', { ...login, password: 'something else' });
    expectRefusal(wrong, 'UNAUTHORIZED', { field: 'login' });
    await reinstate(alice.userId);
    expect((await carol.post('/v1/auth/login', login)).status).to.equal(200);
    expect((await alice.get('/v1/users/me')).status).to.equal(401);
    expect((await carol.post('/v1/auth/refresh', { refresh_token: alice.refreshToken })).status).to.equal(
      401,
    );
  });

  it('hide the account from everybody but admins, and show it again', async () => {
    const seen = async () => (await carol.get(`/v1/users/${alice.userId}`)).status;
    expect(await seen()).to.equal(200);
    await suspend(alice.userId);
    expect(await seen()).to.equal(404);
    expect((await carol.patch(`/v1/admin/users/${alice.userId}`, {})).body.is_suspended).to.equal(true);
    await reinstate(alice.userId);
    expect(await seen()).to.equal(200);
  });

  it('owe what follows, and are written down, once each', async () => {
    const jobs = ['index-posts-of', 'index-user', 'refresh-followers', 'refresh-user'];
    const replies = [await suspend(alice.userId), await suspend(alice.userId, 'Another reason')];
    expect(replies[1]?.body).to.eql(replies[0]?.body);
    expect(await jobsOwed(w.tools, alice.userId, 'userSuspended')).to.eql(jobs);
    const lifted = [await reinstate(alice.userId), await reinstate(alice.userId)];
    expect(lifted.map(({ status }) => status)).to.eql([200, 200]);
    expect(await jobsOwed(w.tools, alice.userId, 'userReinstated')).to.eql(jobs);
    const entries = (await entriesOn(alice)).map(({ action, details, actor_id }) => ({
      action,
      details,
      actor_id,
    }));
    expect(entries).to.eql([
      {
        action: 'user.reinstate',
        details: { suspended_at: replies[0]?.body.suspended_at },
        actor_id: carol.userId,
      },
      { action: 'user.suspend', details: { reason: 'Sells followers' }, actor_id: carol.userId },
    ]);
  });

  it('suspend once when two admins do at the same time', async () => {
    const dave = await joinAdmin(w, 'dave');
    const replies = await Promise.all([
      suspend(alice.userId),
      suspend(alice.userId, 'Also here', dave),
      suspend(alice.userId),
    ]);
    expect(new Set(replies.map(({ text }) => text)).size).to.equal(1);
    expect(await entriesOn(alice)).to.have.length(1);
  });

  it('suspend neither oneself nor another admin', async () => {
    const erin = await joinAdmin(w, 'erin');
    expectRefusal(await suspend('@carol'), 'INVALID_INPUT', {
      field: 'user_id',
      reason: 'You cannot suspend yourself',
    });
    expectRefusal(await suspend(erin.userId), 'FORBIDDEN', { field: 'user_id', reason: /admin/ });
    expect((await erin.get('/v1/users/me')).status).to.equal(200);
    expect(await entriesOn(erin)).to.eql([]);
  });

  it('refuse what is wrong, and an account there is none of', async () => {
    for (const reason of ['', '   ', 'x'.repeat(1_001), 'a\u0000b', 5, null]) {
      expectRefusal(await suspend(alice.userId, reason), 'INVALID_INPUT', { field: 'reason' });
    }
    const unknown = { reason: 'x', until: 'tomorrow' };
    expectRefusal(await carol.post(`/v1/admin/users/${alice.userId}/suspend`, unknown), 'INVALID_INPUT', {
      field: 'until',
    });
    for (const name of ['user_01j8z3k4m5n6p7q8r9s0t1v2w3', '@nobody', '@', 'x', 'me', '%00', '@%00']) {
      for (const reply of [await suspend(name), await reinstate(name)]) {
        expectRefusal(reply, 'NOT_FOUND', { field: 'user_id', message: 'User not found' });
      }
    }
    const deleted = w.tools.db.updateTable('users').set({ deleted_at: new Date() });
    await deleted.where('user_id', '=', alice.userId).execute();
    expectRefusal(await suspend(alice.userId), 'NOT_FOUND', { field: 'user_id', message: 'User not found' });
  });
});
