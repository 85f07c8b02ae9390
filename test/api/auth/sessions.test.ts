import { expect } from 'chai';
import { startServer } from '../../../api/server.ts';
import { openApiTools } from '../../../api/tools.ts';
import { type Client, clientOf, send } from '../../tools/client.ts';
import { listen } from '../../tools/listen.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

describe('GET and DELETE /v1/auth/sessions', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  /** Signs in on another device. */
  async function signIn({ userId, username }: Client, userAgent: string): Promise<Client> {
    const body = JSON.stringify({ login: username, password: `${username} has a password` });
    const headers = { 'Content-Type': 'application/json', 'User-Agent': userAgent };
    const reply = await send(w.base, 'POST', '/v1/auth/login', body, headers);
    expect(reply.status, reply.text).to.equal(200);
    const { access_token: accessToken, refresh_token: refreshToken } = reply.body;
    return clientOf(w.base, { userId, username, accessToken, refreshToken });
  }
  const idOf = ({ refreshToken }: Client) => `session_${refreshToken.slice(3, 29)}`;
  const refresh = ({ refreshToken }: Client) =>
    send(w.base, 'POST', '/v1/auth/refresh', JSON.stringify({ refresh_token: refreshToken }), {
      'Content-Type': 'application/json',
    });

  it('lists where the user is signed in, latest first, and marks the one that asks', async () => {
    const alice = await w.join('alice');
    await w.join('bob');
    const phone = await signIn(alice, 'a phone');
    const reply = await phone.get('/v1/auth/sessions');
    expect(reply.status, reply.text).to.equal(200);
    const { sessions, ...rest } = reply.body;
    expect(rest).to.eql({ next_cursor: null, has_more: false });
    expect(sessions.map((session: { session_id: string }) => session.session_id)).to.eql([
      idOf(phone),
      idOf(alice),
    ]);
    expect(sessions[0]).to.deep.include({ user_agent: 'a phone', is_current: true });
    expect(sessions[1]).to.deep.include({ is_current: false });
    expect(sessions[0]).to.have.all.keys('session_id', 'user_agent', 'created_at', 'used_at', 'is_current');
    expect(Date.parse(sessions[0].created_at)).to.be.within(Date.now() - 60_000, Date.now() + 1_000);
  });

  it('tells when a session was last refreshed', async () => {
    const alice = await w.join('alice2');
    const usedAt = async () => (await alice.get('/v1/auth/sessions')).body.sessions[0].used_at;
    const before = await usedAt();
    expect((await refresh(alice)).status).to.equal(200);
    expect(Date.parse(await usedAt())).to.be.above(Date.parse(before));
  });

  it('pages through them without a repeat or a hole, and leaves out what has ended or lapsed', async () => {
    const alice = await w.join('alice3');
    const devices = [alice];
    for (let n = 1; n <= 6; n += 1) devices.unshift(await signIn(alice, `device ${n}`));
    const [lapsed, signedOut] = [devices[2] as Client, devices[4] as Client];
    await signedOut.post('/v1/auth/logout');
    await w.tools.db
      .updateTable('sessions')
      .set({ expires_at: new Date(Date.now() - 1_000) })
      .where('session_id', '=', idOf(lapsed))
      .execute();
    const seen: string[] = [];
    let cursor = '';
    for (let page = 1; page <= 3; page += 1) {
      const { body } = await alice.get(`/v1/auth/sessions?limit=2${cursor}`);
      seen.push(...body.sessions.map((session: { session_id: string }) => session.session_id));
      expect(body.has_more).to.equal(page < 3);
      if (page === 1) await signIn(alice, 'while paging');
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).to.eql(devices.filter((each) => each !== lapsed && each !== signedOut).map(idOf));
    expectRefusal(await alice.get('/v1/auth/sessions?cursor=x'), 'INVALID_INPUT', { field: 'cursor' });
    expectRefusal(await send(w.base, 'GET', '/v1/auth/sessions'), 'UNAUTHORIZED');
  });

  it('signs a device out at once, tokens and sockets, on every process, and no other', async () => {
    const tools = await openApiTools({ ...w.config, PORT: 0 });
    const api = await startServer(tools, { checkReplies: true });
    const elsewhere = `http://127.0.0.1:${api.port}`;
    try {
      const alice = await w.join('alice4');
      const phone = await signIn(alice, 'a lost phone');
      await using ear = await listen(elsewhere, phone);
      await using own = await listen(elsewhere, alice);
      expect((await clientOf(elsewhere, phone).get('/v1/users/me')).status).to.equal(200);
      const reply = await alice.delete(`/v1/auth/sessions/${idOf(phone)}`);
      expect(reply.status, reply.text).to.equal(204);
      expect(reply.text).to.equal('');
      for (const base of [elsewhere, w.base]) {
        expectRefusal(await clientOf(base, phone).get('/v1/users/me'), 'UNAUTHORIZED', {
          field: 'Authorization',
        });
      }
      expectRefusal(await refresh(phone), 'UNAUTHORIZED', { field: 'refresh_token' });
      expect(await ear.closed).to.equal(4401);
      expect((await clientOf(elsewhere, alice).get('/v1/users/me')).status).to.equal(200);
      expect(await Promise.race([own.closed, Promise.resolve('open')])).to.equal('open');
      const row = await w.tools.db
        .selectFrom('sessions')
        .select('ended_at')
        .where('session_id', '=', idOf(phone))
        .executeTakeFirstOrThrow();
      expect(row.ended_at?.getTime()).to.be.within(Date.now() - 20_000, Date.now());
    } finally {
      await api.stop();
      await tools.stop();
    }
  });

  it('succeeds again when it is repeated, and on the session that asks', async () => {
    const alice = await w.join('alice5');
    const phone = await signIn(alice, 'a phone');
    for (const _ of [1, 2]) {
      expect((await alice.delete(`/v1/auth/sessions/${idOf(phone)}`)).status).to.equal(204);
    }
    expect((await alice.delete(`/v1/auth/sessions/${idOf(alice)}`)).status).to.equal(204);
    expectRefusal(await alice.get('/v1/auth/sessions'), 'UNAUTHORIZED', { field: 'Authorization' });
  });

  it("knows nobody else's sessions, and none that cannot be", async () => {
    const [carol, bob] = [await w.join('carol'), await w.join('bob6')];
    for (const id of [idOf(bob), 'session_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00', bob.userId, '😀']) {
      expectRefusal(
        await carol.delete(`/v1/auth/sessions/${encodeURI(id).replace('%2500', '%00')}`),
        'NOT_FOUND',
        {
          field: 'session_id',
          message: 'Session not found',
        },
      );
    }
    expect((await bob.get('/v1/users/me')).status).to.equal(200);
    expectRefusal(await send(w.base, 'DELETE', `/v1/auth/sessions/${idOf(bob)}`), 'UNAUTHORIZED');
  });
});
