import { expect } from 'chai';
import { startServer } from '../../../api/server.ts';
import { openApiTools } from '../../../api/tools.ts';
import { type Client, clientOf, passwordOf, send } from '../../tools/client.ts';
import { listen } from '../../tools/listen.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

const json = { 'Content-Type': 'application/json' };

describe('PUT /v1/auth/password', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  const login = (name: string, password: string) =>
    send(w.base, 'POST', '/v1/auth/login', JSON.stringify({ login: name, password }), json);
  const change = (who: Client, from: unknown, to: unknown) =>
    who.put('/v1/auth/password', { current_password: from, new_password: to });
  const secondDevice = async (who: Client) => {
    const { body } = await login(who.username, passwordOf(who));
    return clientOf(w.base, { ...who, accessToken: body.access_token, refreshToken: body.refresh_token });
  };

  it('changes the password: the new one signs in, the old one does not', async () => {
    const alice = await w.join('alice');
    const reply = await change(alice, passwordOf(alice), 'staple the other horse');
    expect(reply.status, reply.text).to.equal(204);
    expect(reply.text).to.equal('');
    expectRefusal(await login('alice', passwordOf(alice)), 'UNAUTHORIZED', { field: 'login' });
    expect((await login('alice', 'staple the other horse')).status).to.equal(200);
  });

  it('signs out every other device at once, tokens and sockets, on every process, and keeps this one', async () => {
    const tools = await openApiTools({ ...w.config, PORT: 0 });
    const api = await startServer(tools, { checkReplies: true });
    const elsewhere = `http://127.0.0.1:${api.port}`;
    try {
      const bob = await w.join('bob');
      const others = [await secondDevice(bob), await secondDevice(bob)];
      await using far = await listen(elsewhere, others[0] as Client);
      await using near = await listen(w.base, others[1] as Client);
      await using own = await listen(elsewhere, bob);
      expect((await change(bob, passwordOf(bob), 'staple the other horse')).status).to.equal(204);
      for (const other of others) {
        for (const base of [elsewhere, w.base]) {
          expectRefusal(await clientOf(base, other).get('/v1/users/me'), 'UNAUTHORIZED', {
            field: 'Authorization',
          });
        }
        const body = JSON.stringify({ refresh_token: other.refreshToken });
        expect((await send(w.base, 'POST', '/v1/auth/refresh', body, json)).status).to.equal(401);
      }
      expect([await far.closed, await near.closed]).to.eql([4401, 4401]);
      expect((await bob.get('/v1/users/me')).status).to.equal(200);
      expect(await Promise.race([own.closed, Promise.resolve('open')])).to.equal('open');
      const refreshed = await send(
        w.base,
        'POST',
        '/v1/auth/refresh',
        JSON.stringify({ refresh_token: bob.refreshToken }),
        json,
      );
      expect(refreshed.status).to.equal(200);
    } finally {
      await api.stop();
      await tools.stop();
    }
  });

  it('asks for the password there is', async () => {
    const carol = await w.join('carol');
    const phone = await secondDevice(carol);
    expectRefusal(await change(carol, 'not my password', 'staple the other horse'), 'FORBIDDEN', {
      field: 'current_password',
      reason: 'This is not your password',
    });
    expect((await login('carol', passwordOf(carol))).status).to.equal(200);
    expect((await phone.get('/v1/users/me')).status).to.equal(200);
    const anonymous = await send(w.base, 'PUT', '/v1/auth/password', '{}', json);
    expectRefusal(anonymous, 'UNAUTHORIZED');
  });

  it('lets one of two changes at once win', async () => {
    const dora = await w.join('dora');
    const replies = await Promise.all(
      [1, 2, 3].map((n) => change(dora, passwordOf(dora), `staple horse number ${n}`)),
    );
    expect(replies.map(({ status }) => status).sort()).to.eql([204, 403, 403]);
    const winner = replies.findIndex(({ status }) => status === 204) + 1;
    expect((await login('dora', `staple horse number ${winner}`)).status).to.equal(200);
  });

  it('leaves no session behind that began with the old password while it was changed', async () => {
    const erin = await w.join('erin');
    const signIns = Array.from({ length: 6 }, () => login('erin', passwordOf(erin)));
    const [changed, ...begun] = await Promise.all([
      change(erin, passwordOf(erin), 'staple the other horse'),
      ...signIns,
    ]);
    expect(changed?.status).to.equal(204);
    for (const { status, body } of begun) {
      expect(status).to.be.oneOf([200, 401]);
      if (status === 401) continue;
      const session = clientOf(w.base, { ...erin, accessToken: body.access_token });
      expect((await session.get('/v1/users/me')).status).to.equal(401);
    }
    expect((await erin.get('/v1/auth/sessions')).body.sessions).to.have.length(1);
  });

  it('refuses what would be guessed, by its name, and keeps the old one', async () => {
    const frank = await w.join('frank.sinatra');
    const weak = [
      'short',
      'x'.repeat(129),
      'password',
      'P@ssw0rd123!',
      '12345678',
      'aaaaaaaa',
      'qwertyuiop',
      'frank.sinatra',
      'Frank.Sinatra1',
      'frank.sinatra@example.org',
    ];
    for (const to of [...weak, 7, undefined, 'nul\0 in a password']) {
      expectRefusal(await change(frank, passwordOf(frank), to), 'INVALID_INPUT', { field: 'new_password' });
    }
    for (const from of ['', 7, undefined, 'x'.repeat(129), 'nul\0']) {
      expectRefusal(await change(frank, from, 'staple the other horse'), 'INVALID_INPUT', {
        field: 'current_password',
      });
    }
    expectRefusal(
      await frank.put('/v1/auth/password', {
        current_password: 'x',
        new_password: 'staple the other horse',
        really: true,
      }),
      'INVALID_INPUT',
      { field: 'really', reason: 'Unknown field' },
    );
    expect((await login('frank.sinatra', passwordOf(frank))).status).to.equal(200);
  });
});

describe('registering with a weak password', () => {
  it('is refused as changing to it is', async () => {
    await using w = await world({ serves: [] });
    for (const password of ['iloveyou1', 'alice123', 'emulsion2026', 'qazwsxedc']) {
      const body = JSON.stringify({ username: 'alice', email: 'a@example.org', password });
      expectRefusal(await send(w.base, 'POST', '/v1/auth/register', body, json), 'INVALID_INPUT', {
        field: 'password',
      });
    }
  });
});
