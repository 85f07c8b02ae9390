import { expect } from 'chai';
import { Secret, URI } from 'otpauth';
import { type Client, passwordOf, type Reply, send } from '../../tools/client.ts';
import { codeOf, freshStep, wrongCode } from '../../tools/codes.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { type World, world } from '../../tools/world.ts';

const json = { 'Content-Type': 'application/json' };
const askForCode = {
  field: 'code',
  reason: 'Send the code that the authenticator app shows now, or a recovery code',
};
const wrong = { field: 'code', reason: 'The code is wrong, too old, or was used' };

/** Turns codes on; the present code is used up by it, and the next one, good already, is left for a test. */
async function turnOn(who: Client): Promise<{ secret: string; codes: string[] }> {
  const { secret } = (await who.post('/v1/auth/totp', { password: passwordOf(who) })).body;
  const confirmed = await who.post('/v1/auth/totp/confirm', { code: codeOf(secret) });
  expect(confirmed.status, confirmed.text).to.equal(200);
  return { secret, codes: confirmed.body.recovery_codes };
}

describe('codes at sign-in', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  const login = (who: Client, code?: unknown, password = passwordOf(who)): Promise<Reply> =>
    send(
      w.base,
      'POST',
      '/v1/auth/login',
      JSON.stringify({ login: who.username, password, ...(code === undefined ? {} : { code }) }),
      json,
    );
  const turnOff = (who: Client, password: unknown = passwordOf(who)) =>
    who.delete('/v1/auth/totp', undefined, { password });

  it('begin with a secret that an app can read, and ask nobody until a code of it was shown', async () => {
    const alice = await w.join('alice');
    const reply = await alice.post('/v1/auth/totp', { password: passwordOf(alice) });
    expect(reply.status, reply.text).to.equal(200);
    expect(reply.body).to.have.all.keys('secret', 'otpauth_url');
    const parsed = URI.parse(reply.body.otpauth_url);
    expect(parsed).to.deep.include({ issuer: 'Emulsion', label: 'alice', digits: 6, period: 30 });
    expect(parsed.secret.base32).to.equal(reply.body.secret);
    expect(Secret.fromBase32(reply.body.secret).bytes).to.have.length(20);
    expect((await login(alice)).status).to.equal(200);
    const again = await alice.post('/v1/auth/totp', { password: passwordOf(alice) });
    expect(again.body.secret).not.to.equal(reply.body.secret);
    expect((await alice.get('/v1/auth/totp')).body).to.eql({ is_enabled: false, recovery_codes_left: 0 });
    const stale = await alice.post('/v1/auth/totp/confirm', { code: codeOf(reply.body.secret) });
    expectRefusal(stale, 'FORBIDDEN', { field: 'code' });
  });

  it('are asked for once they are on, of those only who know the password', async () => {
    const bob = await w.join('bob');
    const { secret, codes } = await turnOn(bob);
    expect(codes).to.have.length(10);
    expect(new Set(codes).size).to.equal(10);
    for (const code of codes) expect(code).to.match(/^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/);
    expectRefusal(await login(bob), 'UNAUTHORIZED', askForCode);
    expectRefusal(await login(bob, undefined, 'not the password'), 'UNAUTHORIZED', {
      field: 'login',
      reason: 'The name or the password is wrong',
    });
    expectRefusal(await login(bob, codeOf(secret, 1), 'not the password'), 'UNAUTHORIZED', {
      field: 'login',
    });
    expectRefusal(await login(bob, wrongCode(secret)), 'UNAUTHORIZED', wrong);
    const reply = await login(bob, codeOf(secret, 1));
    expect(reply.status, reply.text).to.equal(200);
    expect(reply.body.user.username).to.equal('bob');
    expect((await bob.get('/v1/auth/totp')).body).to.eql({ is_enabled: true, recovery_codes_left: 10 });
    expect((await bob.get('/v1/users/me')).status, 'sessions go on').to.equal(200);
  });

  it('are good for one sign-in, and none before them is good after', async () => {
    const carol = await w.join('carol');
    await freshStep();
    const { secret } = (await carol.post('/v1/auth/totp', { password: passwordOf(carol) })).body;
    await carol.post('/v1/auth/totp/confirm', { code: codeOf(secret, -1) });
    expectRefusal(await login(carol, codeOf(secret, -1)), 'UNAUTHORIZED', wrong);
    const racing = await Promise.all([1, 2, 3].map(() => login(carol, codeOf(secret))));
    expect(racing.map(({ status }) => status).sort()).to.eql([200, 401, 401]);
    expectRefusal(await login(carol, codeOf(secret)), 'UNAUTHORIZED', wrong);
    expect((await login(carol, codeOf(secret, 1))).status, 'a clock half a minute ahead').to.equal(200);
    expectRefusal(await login(carol, codeOf(secret)), 'UNAUTHORIZED', wrong);
  });

  it('are good half a minute early or late, and no longer', async () => {
    const dora = await w.join('dora');
    await freshStep();
    const { secret } = (await dora.post('/v1/auth/totp', { password: passwordOf(dora) })).body;
    for (const steps of [-3, -2, 2, 3]) {
      const reply = await dora.post('/v1/auth/totp/confirm', { code: codeOf(secret, steps) });
      expectRefusal(reply, 'FORBIDDEN', { field: 'code' });
    }
    const spaced = codeOf(secret, -1).replace(/^(...)/, '$1 ');
    expect((await dora.post('/v1/auth/totp/confirm', { code: spaced })).status).to.equal(200);
    expect((await login(dora, ` ${codeOf(secret, 1).replace(/^(...)/, '$1 ')}`)).status).to.equal(200);
  });

  it('have recovery codes beside them, each good once, however it is typed', async () => {
    const erin = await w.join('erin');
    const { codes } = await turnOn(erin);
    const [first, second, third] = codes as [string, string, string];
    const racing = await Promise.all([1, 2, 3].map(() => login(erin, first)));
    expect(racing.map(({ status }) => status).sort()).to.eql([200, 401, 401]);
    expectRefusal(await login(erin, first), 'UNAUTHORIZED', wrong);
    expect((await login(erin, second.toUpperCase().replace('-', ''))).status).to.equal(200);
    const misread = ` ${third.replace('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')} `;
    expect((await login(erin, misread)).status).to.equal(200);
    expect((await erin.get('/v1/auth/totp')).body.recovery_codes_left).to.equal(7);
    for (const bad of ['00000-00000', '😀', 'x'])
      expectRefusal(await login(erin, bad), 'UNAUTHORIZED', wrong);
  });

  it("are nobody else's", async () => {
    const [frank, grace] = [await w.join('frank'), await w.join('grace')];
    const [franks, graces] = [await turnOn(frank), await turnOn(grace)];
    expectRefusal(await login(frank, graces.codes[0]), 'UNAUTHORIZED', wrong);
    expect((await login(grace, graces.codes[0])).status).to.equal(200);
    // Copied from one row to another in the database, a secret opens nothing.
    const [from, to] = [
      await internalId(w, 'users', frank.userId),
      await internalId(w, 'users', grace.userId),
    ];
    const { db } = w.tools;
    const row = await db
      .selectFrom('totp')
      .select('secret')
      .where('user_id', '=', from)
      .executeTakeFirstOrThrow();
    await db.updateTable('totp').set({ secret: row.secret }).where('user_id', '=', to).execute();
    expect((await login(grace, codeOf(franks.secret, 1))).status).not.to.equal(200);
  });

  it('leave neither the secret nor a code readable in the database', async () => {
    const heidi = await w.join('heidi');
    const { secret, codes } = await turnOn(heidi);
    const id = await internalId(w, 'users', heidi.userId);
    const { db } = w.tools;
    const row = await db.selectFrom('totp').selectAll().where('user_id', '=', id).executeTakeFirstOrThrow();
    const plain = Buffer.from(Secret.fromBase32(secret).bytes);
    expect(row.secret.includes(plain)).to.equal(false);
    expect(row.secret).to.have.length(12 + 20 + 16);
    const kept = await db.selectFrom('recovery_codes').selectAll().where('user_id', '=', id).execute();
    expect(kept).to.have.length(10);
    const texts = kept.map(({ code_hash }) => code_hash.toString('latin1'));
    for (const code of codes) {
      expect(texts.some((text) => text.includes(code) || text.includes(code.replace('-', '')))).to.equal(
        false,
      );
    }
  });

  it('are on only once: a second secret is refused, and so is confirming none', async () => {
    const ivan = await w.join('ivan');
    expectRefusal(await ivan.post('/v1/auth/totp/confirm', { code: '123456' }), 'CONFLICT', {
      field: 'totp',
    });
    const { secret } = await turnOn(ivan);
    expectRefusal(await ivan.post('/v1/auth/totp', { password: passwordOf(ivan) }), 'CONFLICT', {
      field: 'totp',
    });
    expectRefusal(await ivan.post('/v1/auth/totp/confirm', { code: codeOf(secret) }), 'CONFLICT', {
      field: 'totp',
    });
    for (const bad of [undefined, '', '12345', '1234567', 'abcdef', 123456, '12345x', '１２３４５６']) {
      expectRefusal(await ivan.post('/v1/auth/totp/confirm', { code: bad }), 'INVALID_INPUT', {
        field: 'code',
      });
    }
  });

  it('end with the password, which signs in alone again; the recovery codes are gone', async () => {
    const judy = await w.join('judy');
    const { codes } = await turnOn(judy);
    expectRefusal(await turnOff(judy, 'not the password'), 'FORBIDDEN', {
      field: 'password',
      reason: 'This is not your password',
    });
    expectRefusal(await login(judy), 'UNAUTHORIZED', askForCode);
    for (const _ of [1, 2]) {
      const reply = await turnOff(judy);
      expect([reply.status, reply.text]).to.eql([204, '']);
    }
    expect((await login(judy)).status).to.equal(200);
    const id = await internalId(w, 'users', judy.userId);
    const left = await w.tools.db
      .selectFrom('recovery_codes')
      .selectAll()
      .where('user_id', '=', id)
      .execute();
    expect(left).to.eql([]);
    await turnOn(judy);
    expectRefusal(await login(judy, codes[0]), 'UNAUTHORIZED', wrong);
  });

  it('need somebody who is signed in, and a body that is one', async () => {
    for (const [method, path] of [
      ['GET', '/v1/auth/totp'],
      ['POST', '/v1/auth/totp'],
      ['POST', '/v1/auth/totp/confirm'],
      ['DELETE', '/v1/auth/totp'],
    ] as const) {
      expectRefusal(await send(w.base, method, path), 'UNAUTHORIZED');
    }
    const kim = await w.join('kim');
    expectRefusal(await kim.post('/v1/auth/totp', { password: 'a guess' }), 'FORBIDDEN', {
      field: 'password',
    });
    expectRefusal(await kim.post('/v1/auth/totp', {}), 'INVALID_INPUT', { field: 'password' });
    expectRefusal(await turnOff(kim, ''), 'INVALID_INPUT', { field: 'password' });
    expectRefusal(await kim.delete('/v1/auth/totp'), 'INVALID_INPUT', { field: 'password' });
    for (const bad of ['', 'x'.repeat(33), 123456, 'nul\0']) {
      expectRefusal(await login(kim, bad), 'INVALID_INPUT', { field: 'code' });
    }
    expect((await login(kim, '123456')).status, 'nobody asked for it').to.equal(200);
  });
});
