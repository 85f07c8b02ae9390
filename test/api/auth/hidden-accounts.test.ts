import { expect } from 'chai';
import { Authenticator } from '../../tools/authenticator.ts';
import { type Client, passwordOf, type Reply, send } from '../../tools/client.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

const json = { 'Content-Type': 'application/json' };

describe('signing in to an account that is hidden', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  const post = (path: string, body?: unknown) =>
    send(w.base, 'POST', path, body === undefined ? undefined : JSON.stringify(body), json);
  const login = (name: string, password = `${name} has a password`) =>
    post('/v1/auth/login', { login: name, password });
  const refresh = (who: Client) => post('/v1/auth/refresh', { refresh_token: who.refreshToken });
  async function withPasskey(device: Authenticator): Promise<Reply> {
    const options = (await post('/v1/auth/passkeys/login/options')).body;
    return post('/v1/auth/passkeys/login', {
      response: device.get(options, { origin: w.config.PUBLIC_URL }),
    });
  }
  /** Somebody with a passkey. */
  async function join(username: string): Promise<{ who: Client; device: Authenticator }> {
    const who = await w.join(username);
    const device = new Authenticator();
    const options = (await who.post('/v1/auth/passkeys/options', { password: passwordOf(who) })).body;
    const response = device.create(options, { origin: w.config.PUBLIC_URL });
    expect((await who.post('/v1/auth/passkeys', { response })).status).to.equal(201);
    return { who, device };
  }
  const mark = async (who: Client, column: 'suspended_at' | 'deleted_at', at: Date | null) => {
    await w.tools.db
      .updateTable('users')
      .set({ [column]: at })
      .where('user_id', '=', who.userId)
      .execute();
    await w.tools.profiles.forget(who.userId);
  };

  it('is refused to a suspended one, with the reason for whoever proves that it is theirs', async () => {
    const { who, device } = await join('alice');
    await mark(who, 'suspended_at', new Date());
    const reason = 'This account is suspended';
    expectRefusal(await login('alice'), 'FORBIDDEN', { field: 'login', reason });
    expectRefusal(await login('alice', 'not the password'), 'UNAUTHORIZED', {
      field: 'login',
      reason: 'The name or the password is wrong',
    });
    expectRefusal(await withPasskey(device), 'FORBIDDEN', { field: 'response', reason });
    expectRefusal(await refresh(who), 'UNAUTHORIZED', { field: 'refresh_token' });
    expectRefusal(await who.get('/v1/users/me'), 'UNAUTHORIZED', { field: 'Authorization' });
  });

  it('works again when the suspension is lifted, with the tokens there were', async () => {
    const { who, device } = await join('bob');
    await mark(who, 'suspended_at', new Date());
    expect((await refresh(who)).status).to.equal(401);
    await mark(who, 'suspended_at', null);
    expect((await login('bob')).status).to.equal(200);
    expect((await withPasskey(device)).status).to.equal(200);
    expect((await refresh(who)).status).to.equal(200);
  });

  it('is answered for a deleted one as if there were none', async () => {
    const { who, device } = await join('carol');
    await mark(who, 'deleted_at', new Date());
    expectRefusal(await login('carol'), 'UNAUTHORIZED', {
      field: 'login',
      reason: 'The name or the password is wrong',
    });
    expectRefusal(await withPasskey(device), 'UNAUTHORIZED', { field: 'response' });
    expectRefusal(await refresh(who), 'UNAUTHORIZED', { field: 'refresh_token' });
  });
});
