import { expect } from 'chai';
import { send } from '../tools/client.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('POST /v1/auth/refresh', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
    await w.join('alice');
  });
  after(() => w[Symbol.asyncDispose]());

  const post = (path: string, body: unknown) =>
    send(w.base, 'POST', path, JSON.stringify(body), { 'Content-Type': 'application/json' });
  const refresh = (token: unknown) => post('/v1/auth/refresh', { refresh_token: token });
  const signIn = async () =>
    (await post('/v1/auth/login', { login: 'alice', password: 'alice has a password' })).body as {
      access_token: string;
      refresh_token: string;
    };
  const statusWith = async (accessToken: string) =>
    (await send(w.base, 'GET', '/v1/users/me', undefined, { Authorization: `Bearer ${accessToken}` })).status;
  const refused = async (token: unknown) =>
    expectRefusal(await refresh(token), 'UNAUTHORIZED', {
      field: 'refresh_token',
      reason: 'The refresh token is expired, ended or not valid; sign in again',
    });

  it('answers 200 with new tokens of the same session', async () => {
    const session = await signIn();
    const reply = await refresh(session.refresh_token);
    expect(reply.status, reply.text).to.equal(200);
    const { user, access_token, refresh_token, ...rest } = reply.body;
    expect(rest).to.eql({ token_type: 'Bearer', expires_in: 900 });
    expect(user).to.deep.include({ username: 'alice', is_following: false });
    expect(refresh_token).not.to.equal(session.refresh_token);
    expect(await statusWith(access_token)).to.equal(200);
    expect(await statusWith(session.access_token), 'the old one lives on to its end').to.equal(200);
    const sid = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()).sid;
    expect(sid(access_token)).to.equal(sid(session.access_token));
    const row = await w.tools.db
      .selectFrom('sessions')
      .selectAll()
      .where('session_id', '=', sid(access_token))
      .executeTakeFirstOrThrow();
    expect(row.generation).to.equal(2);
    expect(row.expires_at.getTime()).to.be.above(Date.now() + 59 * 86_400_000);
  });

  it('gives a client whose reply was lost the very successor it missed', async () => {
    const { refresh_token: first } = await signIn();
    const lost = (await refresh(first)).body.refresh_token;
    const again = (await refresh(first)).body.refresh_token;
    expect(again).to.equal(lost);
    const racing = await Promise.all([first, first, first].map(refresh));
    expect(racing.map(({ body }) => body.refresh_token)).to.eql([lost, lost, lost]);
    expect((await refresh(lost)).status).to.equal(200);
  });

  it('ends the session, its access tokens too, when a token comes back after its successor was used', async () => {
    const session = await signIn();
    const other = await signIn();
    const second = (await refresh(session.refresh_token)).body;
    const third = (await refresh(second.refresh_token)).body;
    await refused(session.refresh_token);
    for (const tokens of [session, second, third]) {
      expect(await statusWith(tokens.access_token)).to.equal(401);
      await refused(tokens.refresh_token);
    }
    expect(await statusWith(other.access_token), 'another device').to.equal(200);
    expect((await refresh(other.refresh_token)).status).to.equal(200);
  });

  it('refuses forged and foreign tokens, and takes no offence: the session goes on', async () => {
    const { refresh_token: token } = await signIn();
    const { refresh_token: foreign } = await signIn();
    const [head, generation, mac] = token.split('.') as [string, string, string];
    const flipped = mac.startsWith('A') ? `B${mac.slice(1)}` : `A${mac.slice(1)}`;
    for (const forged of [
      `${head}.${generation}.${flipped}`,
      `${head}.2.${mac}`,
      `${head}.0.${mac}`,
      `${head}.999999999.${mac}`,
      `${foreign.split('.')[0]}.${generation}.${mac}`,
      `rt_${'0'.repeat(26)}.1.${mac}`,
      `${token}x`,
      token.slice(0, -1),
      'garbage',
      'rt_.1.x',
      '😀',
    ]) {
      await refused(forged);
    }
    expect((await refresh(token)).status).to.equal(200);
  });

  it('refuses a session that is past its time or was signed out', async () => {
    const late = await signIn();
    const sessionId = `session_${late.refresh_token.slice(3, 29)}`;
    await w.tools.db
      .updateTable('sessions')
      .set({ expires_at: new Date(Date.now() - 1_000) })
      .where('session_id', '=', sessionId)
      .execute();
    await refused(late.refresh_token);

    const ended = await signIn();
    await send(w.base, 'POST', '/v1/auth/logout', undefined, {
      Authorization: `Bearer ${ended.access_token}`,
    });
    await refused(ended.refresh_token);
  });

  it('refuses what is no token', async () => {
    for (const bad of [undefined, '', 5, null, 'x'.repeat(201), 'nul\0']) {
      expectRefusal(await refresh(bad), 'INVALID_INPUT', { field: 'refresh_token' });
    }
    const unknown = await post('/v1/auth/refresh', { refresh_token: 'x', user_id: 'y' });
    expectRefusal(unknown, 'INVALID_INPUT', { field: 'user_id', reason: 'Unknown field' });
  });
});
