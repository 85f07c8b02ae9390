import { expect } from 'chai';
import { type Client, clientOf, type Reply, send } from '../tools/client.ts';
import { keysLike } from '../tools/redis.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('rate limits', () => {
  let w: World;
  let addresses = 0;
  before(async () => {
    w = await world({
      serves: [],
      env: { RATE_LIMITS: 'anonymous:60,free:60,pro:1000,enterprise:10000', TRUST_PROXY: '1' },
    });
  });
  after(() => w[Symbol.asyncDispose]());

  /** An address nobody has used, as the proxy in front tells it. */
  const newAddress = () => {
    addresses += 1;
    return { 'X-Forwarded-For': `192.0.2.${addresses}` };
  };
  const json = { 'Content-Type': 'application/json' };
  const anonymous = (headers: Record<string, string>) =>
    send(w.base, 'GET', '/v1/capabilities', undefined, headers);
  /** Signs up from an address of their own. */
  async function join(username: string): Promise<Client> {
    const body = JSON.stringify({ username, email: `${username}@example.org`, password: 'a long password' });
    const reply = await send(w.base, 'POST', '/v1/auth/register', body, { ...json, ...newAddress() });
    expect(reply.status, reply.text).to.equal(201);
    return clientOf(w.base, {
      userId: reply.body.user.user_id,
      username,
      accessToken: reply.body.access_token,
      refreshToken: reply.body.refresh_token,
    });
  }
  const many = async (count: number, request: () => Promise<Reply>): Promise<Reply[]> => {
    const replies: Reply[] = [];
    while (replies.length < count) {
      const batch = Array.from({ length: Math.min(50, count - replies.length) }, request);
      replies.push(...(await Promise.all(batch)));
    }
    return replies;
  };
  const number = (reply: Reply, name: string) => Number(reply.headers.get(name));

  function expectLimited(reply: Reply, limit: number): void {
    expectRefusal(reply, 'RATE_LIMITED', { message: 'Rate limit exceeded. Please try again later.' });
    const { details } = reply.body.error;
    expect(details).to.have.all.keys('limit', 'remaining', 'reset_at');
    expect([details.limit, details.remaining]).to.eql([limit, 0]);
    expect(details.reset_at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(details.reset_at) / 1_000, 'body and header tell the same').to.equal(
      number(reply, 'x-ratelimit-reset'),
    );
    expect(number(reply, 'x-ratelimit-limit')).to.equal(limit);
    expect(number(reply, 'x-ratelimit-remaining')).to.equal(0);
    const waitS = number(reply, 'retry-after');
    expect(waitS).to.be.within(1, 60);
    expect(number(reply, 'x-ratelimit-reset') - Date.now() / 1_000).to.be.within(waitS - 1.5, waitS + 1);
  }

  it('count down from the limit and say when they begin anew', async () => {
    const from = newAddress();
    const [first, second] = [await anonymous(from), await anonymous(from)];
    expect([first, second].map((reply) => number(reply, 'x-ratelimit-remaining'))).to.eql([59, 58]);
    expect(first.headers.get('x-ratelimit-limit')).to.equal('60');
    expect(second.headers.get('ratelimit-policy')).to.equal('"anonymous";q=60;w=60');
    expect(second.headers.get('ratelimit')).to.match(/^"anonymous";r=58;t=(60|59|58)$/);
  });

  it('grant 60 requests a minute to an address without an account', async () => {
    const from = newAddress();
    const replies = await many(60, () => anonymous(from));
    expect(replies.map(({ status }) => status)).to.eql(Array(60).fill(200));
    const remaining = replies.map((reply) => number(reply, 'x-ratelimit-remaining'));
    expect(remaining.sort((one, other) => one - other)).to.eql(Array.from({ length: 60 }, (_, n) => n));
    expectLimited(await anonymous(from), 60);
    expectLimited(await send(w.base, 'GET', '/v1/no-such-thing', undefined, from), 60);
    expectLimited(await send(w.base, 'GET', '/v1/posts/%', undefined, from), 60);
    const badToken = { ...from, Authorization: 'Bearer x' };
    expectLimited(await send(w.base, 'GET', '/v1/feed', undefined, badToken), 60);
    expect((await anonymous(newAddress())).status, 'another address').to.equal(200);
  });

  it('believe only the proxy in front, not what a client says of itself', async () => {
    const { 'X-Forwarded-For': address } = newAddress();
    const spoofed = (n: number) => anonymous({ 'X-Forwarded-For': `10.0.0.${n}, ${address}` });
    for (let n = 0; n < 60; n += 1) await spoofed(n);
    expectLimited(await spoofed(99), 60);
  });

  it('grant 60 to a free account, wherever it calls from', async () => {
    const alice = await join('alice');
    const replies = await many(60, () => alice.get('/v1/users/me', newAddress()));
    expect(replies.map(({ status }) => status)).to.eql(Array(60).fill(200));
    expect(replies[0]?.headers.get('ratelimit-policy')).to.equal('"free";q=60;w=60');
    expectLimited(await alice.get('/v1/users/me', newAddress()), 60);
    expectLimited(await alice.post('/v1/posts', undefined, newAddress()), 60);
    const bob = await join('bob');
    expect((await bob.get('/v1/users/me', newAddress())).status, 'another account').to.equal(200);
  });

  it('grant 1000 to a pro account, from the request after it became one', async () => {
    const carol = await join('carol');
    await many(61, () => carol.get('/v1/users/me'));
    expectLimited(await carol.get('/v1/users/me'), 60);
    await w.tools.db.updateTable('users').set({ tier: 'pro' }).where('username', '=', 'carol').execute();
    await w.tools.profiles.forget(carol.userId);
    const replies = await many(1_000, () => carol.get('/v1/users/me'));
    const limited = replies.filter(({ status }) => status !== 200);
    expect(limited.length, limited[0]?.text).to.equal(0);
    expect(new Set(replies.map((reply) => reply.headers.get('x-ratelimit-limit')))).to.eql(new Set(['1000']));
    expectLimited(await carol.get('/v1/users/me'), 1_000);
  });

  it('grant fewer sign-ins to an address, whatever the outcome, and show whichever limit is nearer', async () => {
    const from = newAddress();
    let names = 0;
    // Each for a name of its own: of one name fewer are looked at.
    const login = () => {
      names += 1;
      const body = JSON.stringify({ login: `nobody${names}`, password: 'wrong' });
      return send(w.base, 'POST', '/v1/auth/login', body, { ...json, ...from });
    };
    const replies: Reply[] = [];
    for (let n = 0; n < 20; n += 1) replies.push(await login());
    expect(replies.map(({ status }) => status)).to.eql(Array(20).fill(401));
    expect(replies.map((reply) => number(reply, 'x-ratelimit-remaining')).at(-1)).to.equal(0);
    expect(replies.at(-1)?.headers.get('x-ratelimit-limit')).to.equal('20');
    expectLimited(await login(), 20);
    expect((await anonymous(from)).status, 'other requests go on').to.equal(200);

    const register = () => send(w.base, 'POST', '/v1/auth/register', '{}', { ...json, ...from });
    const registered = await many(10, register);
    expect(registered.map(({ status }) => status)).to.eql(Array(10).fill(400));
    expectLimited(await register(), 10);
  });

  it('are not spent on images and health', async () => {
    const from = newAddress();
    await anonymous(from);
    for (const path of ['/healthz', '/readyz', '/p/01j8z3k4m5n6p7q8r9s0t1v2w3/thumb.jpg']) {
      const reply = await send(w.base, 'GET', path, undefined, from);
      expect(reply.headers.get('x-ratelimit-limit'), path).to.equal(null);
      expect(reply.headers.get('x-request-id'), path).to.match(/^req_/);
    }
    expect(number(await anonymous(from), 'x-ratelimit-remaining')).to.equal(58);
  });

  it('begin anew when their minute is over', async () => {
    const from = newAddress();
    await many(61, () => anonymous(from));
    expectLimited(await anonymous(from), 60);
    const [key] = await keysLike(w.tools.cache, `*${from['X-Forwarded-For']}`);
    expect(await w.tools.cache.pttl(key as string)).to.be.within(1, 60_000);
    await w.tools.cache.pexpire(key as string, 1);
    const deadline = Date.now() + 5_000;
    while ((await anonymous(from)).status !== 200) expect(Date.now()).to.be.below(deadline);
    expect(number(await anonymous(from), 'x-ratelimit-remaining')).to.equal(58);
  });
});

describe('rate limits that are off', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [], env: { RATE_LIMITS: 'off' } });
  });
  after(() => w[Symbol.asyncDispose]());

  it('limit nothing, sign-ins included, and still send the headers', async () => {
    const login = () =>
      send(w.base, 'POST', '/v1/auth/login', '{"login":"x","password":""}', {
        'Content-Type': 'application/json',
      });
    for (let round = 0; round < 2; round += 1) {
      const replies = await Promise.all(Array.from({ length: 40 }, login));
      for (const reply of replies) {
        expect(reply.status, reply.text).to.equal(400);
        expect(reply.headers.get('x-ratelimit-limit')).to.equal('60');
        expect(reply.headers.get('x-ratelimit-remaining')).to.equal('60');
      }
    }
    expect(await keysLike(w.tools.cache, 'ratelimit:*')).to.eql([]);
  });
});
