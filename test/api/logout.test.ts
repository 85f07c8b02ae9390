import { expect } from 'chai';
import { type RunningApi, startServer } from '../../api/server.ts';
import { openApiTools } from '../../api/tools.ts';
import { keys } from '../../shared/keys.ts';
import type { Tools } from '../../shared/tools.ts';
import { type Client, send } from '../tools/client.ts';
import { listen } from '../tools/listen.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('POST /v1/auth/logout', () => {
  let w: World;
  let alice: Client;
  const others: { tools: Tools; api: RunningApi }[] = [];
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
  });
  after(async () => {
    for (const { api, tools } of others) {
      await api.stop();
      await tools.stop();
    }
    await w[Symbol.asyncDispose]();
  });

  /** Another process of the same API, as far as state goes; replies where it listens. */
  async function startAnother(): Promise<string> {
    const tools = await openApiTools({ ...w.config, PORT: 0 });
    const api = await startServer(tools, { checkReplies: true });
    others.push({ tools, api });
    return `http://127.0.0.1:${api.port}`;
  }
  const signIn = async () => {
    const body = JSON.stringify({ login: 'alice', password: 'alice has a password' });
    return (await send(w.base, 'POST', '/v1/auth/login', body, { 'Content-Type': 'application/json' }))
      .body as { access_token: string; refresh_token: string };
  };
  const call = (base: string, method: string, path: string, token: string) =>
    send(base, method, path, undefined, { Authorization: `Bearer ${token}` });

  it('ends access at once, on every process, and leaves other sessions alone', async () => {
    const elsewhere = await startAnother();
    const { access_token: token } = await signIn();
    for (const base of [w.base, elsewhere]) {
      expect((await call(base, 'GET', '/v1/users/me', token)).status).to.equal(200);
    }
    const reply = await call(w.base, 'POST', '/v1/auth/logout', token);
    expect(reply.status).to.equal(204);
    expect(reply.text).to.equal('');
    for (const base of [elsewhere, w.base]) {
      const refused = await call(base, 'GET', '/v1/users/me', token);
      expectRefusal(refused, 'UNAUTHORIZED', { field: 'Authorization' });
    }
    expect((await alice.get('/v1/users/me')).status, 'another device').to.equal(200);
  });

  it('notes when the session ended', async () => {
    const { access_token: token, refresh_token } = await signIn();
    await call(w.base, 'POST', '/v1/auth/logout', token);
    const session = await w.tools.db
      .selectFrom('sessions')
      .select('ended_at')
      .where('session_id', '=', `session_${refresh_token.slice(3, 29)}`)
      .executeTakeFirstOrThrow();
    expect(session.ended_at?.getTime()).to.be.within(Date.now() - 5_000, Date.now());
  });

  it('ends access on a process that starts later, also if Redis has forgotten', async () => {
    const { access_token: token } = await signIn();
    await call(w.base, 'POST', '/v1/auth/logout', token);
    await w.tools.cache.del(keys.changes);
    const later = await startAnother();
    expect((await call(later, 'GET', '/v1/users/me', token)).status).to.equal(401);
  });

  it('ends refreshing and the live channel too', async () => {
    const { access_token: token, refresh_token } = await signIn();
    await using ear = await listen(w.base, { accessToken: token });
    await call(w.base, 'POST', '/v1/auth/logout', token);
    const body = JSON.stringify({ refresh_token });
    const refreshed = await send(w.base, 'POST', '/v1/auth/refresh', body, {
      'Content-Type': 'application/json',
    });
    expectRefusal(refreshed, 'UNAUTHORIZED', { field: 'refresh_token' });
    expect(await ear.closed).to.be.within(4000, 4999);
  });

  it('asks for a token, and takes a session only once', async () => {
    expectRefusal(await send(w.base, 'POST', '/v1/auth/logout'), 'UNAUTHORIZED');
    const { access_token: token } = await signIn();
    expect((await call(w.base, 'POST', '/v1/auth/logout', token)).status).to.equal(204);
    expect((await call(w.base, 'POST', '/v1/auth/logout', token)).status).to.equal(401);
  });
});
