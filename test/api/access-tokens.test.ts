import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { type JWTPayload, SignJWT } from 'jose';
import { type Client, send } from '../tools/client.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('access tokens', () => {
  let w: World;
  let alice: Client;
  let claims: JWTPayload;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    claims = JSON.parse(
      Buffer.from(alice.accessToken.split('.')[1] as string, 'base64url').toString(),
    ) as JWTPayload;
  });
  after(() => w[Symbol.asyncDispose]());

  const me = (authorization?: string) =>
    send(w.base, 'GET', '/v1/users/me', undefined, authorization ? { Authorization: authorization } : {});
  const sign = (payload: JWTPayload, secret = w.config.AUTH_SECRET, alg = 'HS256') =>
    new SignJWT(payload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const refused = async (token: string) => {
    const reply = await me(`Bearer ${token}`);
    expectRefusal(reply, 'UNAUTHORIZED', {
      field: 'Authorization',
      reason: 'The access token is expired, ended or not valid',
    });
    expect(reply.headers.get('www-authenticate')).to.equal('Bearer');
  };

  it('are asked for, by their scheme', async () => {
    const reply = await me();
    expectRefusal(reply, 'UNAUTHORIZED');
    expect(reply.headers.get('www-authenticate')).to.equal('Bearer');
  });

  it('name a user and a session, and live 15 minutes', () => {
    expect(claims).to.have.all.keys('sub', 'sid', 'iss', 'iat', 'exp');
    expect(claims.sub).to.equal(alice.userId);
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).to.equal(900);
  });

  it('are taken whatever the case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await me(`${scheme} ${alice.accessToken}`)).status).to.equal(200);
    }
    expect((await me(`Bearer ${await sign(claims)}`)).status, 'the control of what follows').to.equal(200);
  });

  it('are refused when they have expired, also one that was good a moment ago', async () => {
    const now = Math.floor(Date.now() / 1_000);
    await refused(await sign({ ...claims, iat: now - 1_000, exp: now - 100 }));
    const short = await sign({ ...claims, exp: now + 3 });
    expect((await me(`Bearer ${short}`)).status).to.equal(200);
    const deadline = Date.now() + 10_000;
    while ((await me(`Bearer ${short}`)).status === 200) {
      expect(Date.now(), 'it never expires').to.be.below(deadline);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await refused(short);
    expect(Date.now() / 1_000).to.be.at.least(now + 3);
  });

  it('are refused when another secret signed them, or none', async () => {
    await refused(await sign(claims, 'a secret that is long enough but not ours'));
    const [head, body, signature] = alice.accessToken.split('.') as [string, string, string];
    await refused(`${head}.${body}.${signature.slice(0, -2)}AA`);
    await refused(`${head}.${encode({ ...claims, sub: 'user_someone_else' })}.${signature}`);
    await refused(`${encode({ alg: 'none', typ: 'JWT' })}.${body}.`);
    await refused(`${encode({ alg: 'none', typ: 'JWT' })}.${body}`);
    await refused(`${head}.${body}.`);
    await refused(await sign(claims, w.config.AUTH_SECRET, 'HS512'));
  });

  it('are refused without what must be in them', async () => {
    const { sub, sid, exp, iss, ...rest } = claims;
    await refused(await sign({ ...rest, sid, exp, iss }));
    await refused(await sign({ ...rest, sub, exp, iss }));
    await refused(await sign({ ...rest, sub, sid, iss }));
    await refused(await sign({ ...rest, sub, sid, exp }));
    await refused(await sign({ ...claims, iss: 'somebody else' }));
    await refused(await sign({ ...claims, sid: 7 }));
    await refused(await sign({ ...claims, nbf: Math.floor(Date.now() / 1_000) + 1_000 }));
  });

  it('are refused when there is no such user', async () => {
    await refused(await sign({ ...claims, sub: 'user_01j8z3k4m5n6p7q8r9s0t1v2w3' }));
    await refused(await sign({ ...claims, sub: 'nul\0' }));
  });

  it('are refused when they are garbage', async () => {
    for (const garbage of ['x', 'a.b.c', '....', `${'x'.repeat(8_000)}`, 'null', '{}', 'eyJ.eyJ.']) {
      await refused(garbage);
    }
    for (const header of ['Bearer', 'Basic YWxpY2U6cGFzc3dvcmQ=', alice.accessToken, 'Bearer  ']) {
      expectRefusal(await me(header), 'UNAUTHORIZED', { field: 'Authorization' });
    }
    const forged = createHmac('sha256', '').update('x').digest('base64url');
    await refused(`${encode({ alg: 'HS256' })}.${encode(claims)}.${forged}`);
  });

  it('must be good where none is needed', async () => {
    const reply = await send(w.base, 'GET', '/v1/capabilities', undefined, { Authorization: 'Bearer x' });
    expectRefusal(reply, 'UNAUTHORIZED', { field: 'Authorization' });
    expect((await send(w.base, 'GET', '/v1/capabilities')).status).to.equal(200);
  });
});
