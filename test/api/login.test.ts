import { expect } from 'chai';
import type { Client } from '../tools/client.ts';
import { send } from '../tools/client.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('POST /v1/auth/login', () => {
  let w: World;
  let alice: Client;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
  });
  after(() => w[Symbol.asyncDispose]());

  const login = (body: unknown, headers: Record<string, string> = {}) =>
    send(w.base, 'POST', '/v1/auth/login', JSON.stringify(body), {
      'Content-Type': 'application/json',
      ...headers,
    });
  const password = 'alice has a password';
  const sessions = () =>
    w.tools.db.selectFrom('sessions').selectAll().where('ended_at', 'is', null).execute();

  it('answers 200 with the user and a new session, by name or by e-mail address', async () => {
    const before = (await sessions()).length;
    for (const name of ['alice', 'alice@example.org', 'ALICE', ' Alice@Example.org ']) {
      const reply = await login({ login: name, password }, { 'User-Agent': `a phone of ${name}` });
      expect(reply.status, reply.text).to.equal(200);
      const { access_token, refresh_token, ...rest } = reply.body;
      expect(rest).to.eql({
        user: (await alice.get('/v1/users/me')).body,
        token_type: 'Bearer',
        expires_in: 900,
      });
      const me = await send(w.base, 'GET', '/v1/users/me', undefined, {
        Authorization: `Bearer ${access_token}`,
      });
      expect(me.status).to.equal(200);
      expect(refresh_token).to.match(/^rt_/);
    }
    const after = await sessions();
    expect(after).to.have.length(before + 4);
    expect(after.map((session) => session.user_agent)).to.include('a phone of ALICE');
  });

  it('answers a wrong password and an unknown name alike', async () => {
    const before = (await sessions()).length;
    const wrong = await login({ login: 'alice', password: 'not the password' });
    const unknown = await login({ login: 'nobody', password });
    const unknownAddress = await login({ login: 'nobody@example.org', password });
    for (const reply of [wrong, unknown, unknownAddress]) {
      expectRefusal(reply, 'UNAUTHORIZED', {
        field: 'login',
        reason: 'The name or the password is wrong',
      });
      expect(reply.headers.get('www-authenticate')).to.equal('Bearer');
    }
    expect((await sessions()).length).to.equal(before);
  });

  it('minds the case and the spaces of a password', async () => {
    for (const other of [password.toUpperCase(), ` ${password}`, `${password} `]) {
      expect((await login({ login: 'alice', password: other })).status).to.equal(401);
    }
  });

  it('refuses what cannot be a login', async () => {
    const bad: [field: string, body: Record<string, unknown>][] = [
      ['login', { password }],
      ['login', { login: '', password }],
      ['login', { login: '   ', password }],
      ['login', { login: 'x'.repeat(255), password }],
      ['login', { login: { $ne: '' }, password }],
      ['login', { login: 'ali\0ce', password }],
      ['password', { login: 'alice' }],
      ['password', { login: 'alice', password: '' }],
      ['password', { login: 'alice', password: 'x'.repeat(129) }],
      ['password', { login: 'alice', password: ['x'] }],
      ['password', { login: 'alice', password: `${password}\0` }],
      ['remember', { login: 'alice', password, remember: true }],
    ];
    for (const [field, body] of bad) expectRefusal(await login(body), 'INVALID_INPUT', { field });
  });

  it('takes no notice of an Idempotency-Key: each login is a session of its own', async () => {
    const key = { 'Idempotency-Key': 'the same' };
    const first = await login({ login: 'alice', password }, key);
    const second = await login({ login: 'alice', password }, key);
    expect(second.headers.get('idempotent-replayed')).to.equal(null);
    expect(second.body.refresh_token).not.to.equal(first.body.refresh_token);
  });
});
