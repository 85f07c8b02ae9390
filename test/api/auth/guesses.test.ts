import { expect } from 'chai';
import { type Client, clientOf, passwordOf, type Reply, send } from '../../tools/client.ts';
import { codeOf, wrongCode } from '../../tools/codes.ts';
import { keysLike } from '../../tools/redis.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

const json = { 'Content-Type': 'application/json' };

describe('guessing at one account', () => {
  let w: World;
  let addresses = 0;
  before(async () => {
    const limits = 'anonymous:6000,free:6000,pro:6000,enterprise:10000';
    w = await world({ serves: [], env: { RATE_LIMITS: limits, TRUST_PROXY: '1' } });
  });
  after(() => w[Symbol.asyncDispose]());

  /** An address nobody has used, so that no limit of an address is met. */
  const newAddress = () => {
    addresses += 1;
    return `10.0.${addresses >> 8}.${addresses & 255}`;
  };
  const post = (path: string, body: unknown, address = newAddress()) =>
    send(w.base, 'POST', path, JSON.stringify(body), { ...json, 'X-Forwarded-For': address });
  const login = (name: string, password: string, address?: string, code?: string) =>
    post('/v1/auth/login', { login: name, password, code }, address);
  async function join(username: string, address = newAddress()): Promise<Client> {
    const person = { username, email: `${username}@example.org`, password: `${username} has a password` };
    const { body } = await post('/v1/auth/register', person, address);
    return clientOf(w.base, {
      userId: body.user.user_id,
      username,
      accessToken: body.access_token,
      refreshToken: body.refresh_token,
    });
  }
  const statuses = (replies: Reply[]) => replies.map(({ status }) => status);

  function expectLimited(reply: Reply, limit: number, windowS: number): void {
    expectRefusal(reply, 'RATE_LIMITED');
    const { details } = reply.body.error;
    expect(details).to.deep.include({ limit, remaining: 0 });
    const waitS = Number(reply.headers.get('retry-after'));
    expect(waitS).to.be.within(1, windowS);
    expect(reply.headers.get('x-ratelimit-limit')).to.equal(String(limit));
    expect(reply.headers.get('x-ratelimit-remaining')).to.equal('0');
    expect(Date.parse(details.reset_at) / 1_000).to.equal(Number(reply.headers.get('x-ratelimit-reset')));
    expect(reply.headers.get('ratelimit-policy')).to.match(new RegExp(`;q=${limit};w=${windowS}$`));
  }

  it('is allowed ten passwords a minute, from however many addresses, known name or not', async () => {
    await join('alice');
    for (const name of ['alice', 'nobody', 'alice@example.org']) {
      const replies = await Promise.all(Array.from({ length: 14 }, () => login(name, 'a guess')));
      expect(statuses(replies).sort(), name).to.eql([...Array(10).fill(401), ...Array(4).fill(429)]);
      expectLimited(replies.find(({ status }) => status === 429) as Reply, 10, 60);
    }
    expectLimited(await login('alice', 'alice has a password'), 10, 60);
  });

  it('does not lock the owner out where they have signed in before', async () => {
    const home = newAddress();
    const bob = await join('bob');
    expect((await login('bob', passwordOf(bob), home)).status).to.equal(200);
    const guesses = await Promise.all(Array.from({ length: 11 }, () => login('bob', 'a guess')));
    expect(statuses(guesses)).to.include(429);
    expectLimited(await login('bob', passwordOf(bob)), 10, 60);
    expect((await login('bob', passwordOf(bob), home)).status).to.equal(200);
    for (let n = 1; n <= 10; n += 1) expect((await login('bob', 'a guess', home)).status).to.equal(401);
    expectLimited(await login('bob', passwordOf(bob), home), 10, 60);
  });

  it('counts no sign-in that succeeds', async () => {
    const carol = await join('carol');
    for (let n = 1; n <= 12; n += 1) expect((await login('carol', passwordOf(carol))).status).to.equal(200);
  });

  it('is allowed again when the minute is over', async () => {
    const dora = await join('dora');
    await Promise.all(Array.from({ length: 11 }, () => login('dora', 'a guess')));
    expectLimited(await login('dora', passwordOf(dora)), 10, 60);
    const key = 'ratelimit:login-guesses:dora';
    expect(await w.tools.cache.pttl(key)).to.be.within(1, 60_000);
    await w.tools.cache.del(key);
    expect((await login('dora', passwordOf(dora))).status).to.equal(200);
  });

  it('is allowed five codes in a quarter of an hour; a right one is given back', async () => {
    const erin = await join('erin');
    const { secret } = (await erin.post('/v1/auth/totp', { password: passwordOf(erin) })).body;
    const confirmed = await erin.post('/v1/auth/totp/confirm', { code: codeOf(secret) });
    const [recovery] = confirmed.body.recovery_codes as [string];
    const shown = (code: string) => login('erin', passwordOf(erin), undefined, code);
    expect((await shown(codeOf(secret, 1))).status).to.equal(200);
    const replies = await Promise.all(Array.from({ length: 8 }, () => shown(wrongCode(secret))));
    expect(statuses(replies).sort()).to.eql([...Array(5).fill(401), ...Array(3).fill(429)]);
    expectLimited(await shown(recovery), 5, 900);
    expectRefusal(await login('erin', 'a guess'), 'UNAUTHORIZED', { field: 'login' });
  });

  it('is allowed ten passwords a minute to whoever is signed in', async () => {
    const frank = await join('frank');
    const guess = () =>
      frank.put('/v1/auth/password', { current_password: 'a guess', new_password: 'staple the other horse' });
    const replies = [
      ...(await Promise.all(Array.from({ length: 6 }, guess))),
      ...(await Promise.all(
        Array.from({ length: 6 }, () => frank.delete('/v1/auth/totp', undefined, { password: 'a guess' })),
      )),
    ];
    expect(statuses(replies).sort()).to.eql([...Array(10).fill(403), 429, 429]);
    expectLimited(await guess(), 10, 60);
    expect((await frank.get('/v1/users/me')).status).to.equal(200);
  });
});

describe('guessing with limits that are off', () => {
  it('is not counted', async () => {
    await using w = await world({ serves: [], env: { RATE_LIMITS: 'off' } });
    await w.join('alice');
    const body = '{"login":"alice","password":"a guess"}';
    const replies = await Promise.all(
      Array.from({ length: 25 }, () => send(w.base, 'POST', '/v1/auth/login', body, json)),
    );
    expect(statusesOf(replies)).to.eql(new Set([401]));
    expect(await keysLike(w.tools.cache, 'ratelimit:*')).to.eql([]);
  });

  const statusesOf = (replies: Reply[]) => new Set(replies.map(({ status }) => status));
});
