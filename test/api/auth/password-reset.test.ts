import { expect } from 'chai';
import { type Client, clientOf, passwordOf, send } from '../../tools/client.ts';
import { listen } from '../../tools/listen.ts';
import { mailEnv, resetTokenFor } from '../../tools/mail.ts';
import { effectsOn } from '../../tools/owed.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { type MailServer, mailServer } from '../../tools/smtp.ts';
import { type World, world } from '../../tools/world.ts';

const json = { 'Content-Type': 'application/json' };
const newPassword = 'staple the other horse';

describe('POST /v1/auth/password-reset and …/confirm', () => {
  let mail: MailServer;
  let w: World;
  before(async () => {
    mail = await mailServer();
    w = await world({ env: mailEnv(mail) });
  });
  after(async () => {
    await w[Symbol.asyncDispose]();
    await mail[Symbol.asyncDispose]();
  });

  const post = (path: string, body: unknown) => send(w.base, 'POST', path, JSON.stringify(body), json);
  const ask = (email: unknown) => post('/v1/auth/password-reset', { email });
  const confirm = (token: unknown, password: unknown = newPassword) =>
    post('/v1/auth/password-reset/confirm', { token, new_password: password });
  const login = (name: string, password: string) => post('/v1/auth/login', { login: name, password });
  const addressOf = ({ username }: Client) => `${username}@example.org`;
  const resets = (who: Client) =>
    w.tools.db
      .selectFrom('password_resets')
      .innerJoin('users', 'users.id', 'password_resets.user_id')
      .selectAll('password_resets')
      .where('users.user_id', '=', who.userId)
      .execute();
  /** Asks for a token and reads the mail. */
  async function tokenFor(who: Client): Promise<string> {
    expect((await ask(addressOf(who))).status).to.equal(204);
    await w.settle();
    return resetTokenFor(mail, addressOf(who));
  }
  const refused = async (token: unknown) =>
    expectRefusal(await confirm(token), 'INVALID_INPUT', {
      field: 'token',
      reason: 'The token was used, is too old or not valid; ask for another mail',
    });

  it('mails a token that sets a new password', async () => {
    const alice = await w.join('alice');
    const token = await tokenFor(alice);
    const [message, ...more] = mail.to('alice@example.org');
    expect(more).to.eql([]);
    expect(message?.from).to.equal('no-reply@example.org');
    expect(message?.headers).to.deep.include({
      from: 'Emulsion <no-reply@example.org>',
      to: 'alice@example.org',
      subject: 'Reset your Emulsion password',
      'auto-submitted': 'auto-generated',
    });
    expect(message?.text)
      .to.contain('Hello alice,')
      .and.contain(`${w.config.PUBLIC_URL}/reset-password#token=${token}`);
    const reply = await confirm(token);
    expect(reply.status, reply.text).to.equal(204);
    expect(reply.text).to.equal('');
    expect((await login('alice', newPassword)).status).to.equal(200);
    expectRefusal(await login('alice', passwordOf(alice)), 'UNAUTHORIZED', { field: 'login' });
  });

  it('keeps no token: neither in the row, nor in what the job is told', async () => {
    const bob = await w.join('bob');
    const token = await tokenFor(bob);
    const [row, ...more] = await resets(bob);
    expect(more).to.eql([]);
    expect(row?.expires_at.getTime()).to.be.within(Date.now() + 59 * 60_000, Date.now() + 60 * 60_000);
    expect(row?.mailed_at).to.be.an.instanceOf(Date);
    const owed = await effectsOn(w.tools, row?.reset_id as string);
    expect(owed.map(({ event, job, state }) => [event, job, state])).to.eql([
      ['passwordResetRequested', 'mail-password-reset', 'done'],
    ]);
    expect(owed[0]?.payload).to.have.all.keys('resetId', 'requestId');
    const secret = token.split('.')[1] as string;
    expect(JSON.stringify([row, owed])).not.to.contain(secret);
    expect(JSON.stringify(row?.salt)).not.to.contain(Buffer.from(secret, 'base64url').toString('base64'));
  });

  it('signs every device out at once, tokens and sockets', async () => {
    const carol = await w.join('carol');
    await using ear = await listen(w.base, carol);
    expect((await confirm(await tokenFor(carol))).status).to.equal(204);
    expectRefusal(await carol.get('/v1/users/me'), 'UNAUTHORIZED', { field: 'Authorization' });
    const refreshed = await post('/v1/auth/refresh', { refresh_token: carol.refreshToken });
    expectRefusal(refreshed, 'UNAUTHORIZED', { field: 'refresh_token' });
    expect(await ear.closed).to.equal(4401);
  });

  it('takes a token once, whoever comes at the same time', async () => {
    const dora = await w.join('dora');
    const token = await tokenFor(dora);
    const replies = await Promise.all([1, 2, 3].map((n) => confirm(token, `${newPassword} ${n}`)));
    expect(replies.map(({ status }) => status).sort()).to.eql([204, 400, 400]);
    await refused(token);
    const winner = replies.findIndex(({ status }) => status === 204) + 1;
    expect((await login('dora', `${newPassword} ${winner}`)).status).to.equal(200);
  });

  it('makes an older token void with a newer one, and all with a changed password', async () => {
    const erin = await w.join('erin');
    const older = await tokenFor(erin);
    const newer = await tokenFor(erin);
    expect(newer).not.to.equal(older);
    await refused(older);
    await erin.put('/v1/auth/password', {
      current_password: passwordOf(erin),
      new_password: 'a password of erin',
    });
    await refused(newer);
    expect((await login('erin', 'a password of erin')).status).to.equal(200);
  });

  it('takes no token after its hour', async () => {
    const frank = await w.join('frank');
    const token = await tokenFor(frank);
    await w.tools.db
      .updateTable('password_resets')
      .set({ expires_at: new Date(Date.now() - 1_000) })
      .where('user_id', '=', await internalId(w, 'users', frank.userId))
      .execute();
    await refused(token);
  });

  it('refuses forged tokens and foreign ones', async () => {
    const [grace, heidi] = [await w.join('grace'), await w.join('heidi')];
    const [token, foreign] = [await tokenFor(grace), await tokenFor(heidi)];
    const [head, mac] = token.split('.') as [string, string];
    const flipped = mac.startsWith('A') ? `B${mac.slice(1)}` : `A${mac.slice(1)}`;
    for (const forged of [
      `${head}.${flipped}`,
      `${foreign.split('.')[0]}.${mac}`,
      `pr_${'0'.repeat(26)}.${mac}`,
      token.slice(0, -1),
      `${token}x`,
      grace.refreshToken,
      'garbage',
      '😀',
    ]) {
      await refused(forged);
    }
    for (const bad of ['', undefined, 5, 'x'.repeat(201), 'nul\0']) {
      expectRefusal(await confirm(bad), 'INVALID_INPUT', { field: 'token' });
    }
    expect((await confirm(` ${token}\n`)).status, 'as it is copied from a mail').to.equal(204);
  });

  it('leaves the token good when the new password is not', async () => {
    const ivan = await w.join('ivan');
    const token = await tokenFor(ivan);
    for (const weak of ['short', 'password1', 'ivan@example.org', null]) {
      expectRefusal(await confirm(token, weak), 'INVALID_INPUT', { field: 'new_password' });
    }
    expect((await confirm(token)).status).to.equal(204);
  });

  it('answers an unknown address as a known one, by the same steps, and mails nobody', async () => {
    const judy = await w.join('judy');
    const known = await ask('judy@example.org');
    const unknown = await ask('nobody@example.org');
    expect([unknown.status, unknown.text]).to.eql([known.status, known.text]);
    const names = ({ headers }: { headers: Headers }) => [...headers.keys()].sort();
    expect(names(unknown)).to.eql(names(known));
    const events = await w.tools.db
      .selectFrom('effects')
      .select('state')
      .where('event', '=', 'passwordResetRequested')
      .where('created_at', '>', new Date(Date.now() - 10_000))
      .execute();
    expect(events.length).to.be.at.least(2);
    await w.settle();
    expect(mail.to('nobody@example.org')).to.eql([]);
    expect(mail.to('judy@example.org')).to.have.length(1);
    const orphans = await w.tools.db
      .selectFrom('password_resets')
      .select('reset_id')
      .where('user_id', 'is', null)
      .execute();
    expect(orphans).to.eql([]);
    expect(await resets(judy)).to.have.length(1);
  });

  it('finds the address in any case, and mails no hidden account', async () => {
    const kim = await w.join('kim');
    await ask('KIM@Example.org');
    await w.settle();
    const token = resetTokenFor(mail, 'kim@example.org');
    const hide = (at: Date | null) =>
      w.tools.db.updateTable('users').set({ suspended_at: at }).where('user_id', '=', kim.userId).execute();
    await hide(new Date());
    await refused(token);
    await ask('kim@example.org');
    await w.settle();
    expect(mail.to('kim@example.org')).to.have.length(1);
    await hide(null);
    expect((await confirm(token)).status).to.equal(204);
  });

  it('refuses what is no address, and needs nobody to be signed in', async () => {
    for (const bad of [
      '',
      'no address',
      'a@',
      5,
      undefined,
      `${'a'.repeat(250)}@example.org`,
      'a\0@example.org',
    ]) {
      expectRefusal(await ask(bad), 'INVALID_INPUT', { field: 'email' });
    }
    expectRefusal(
      await post('/v1/auth/password-reset', { email: 'a@example.org', to: 'b' }),
      'INVALID_INPUT',
      {
        field: 'to',
      },
    );
    const leo = await w.join('leo');
    expect(
      (await clientOf(w.base, leo).post('/v1/auth/password-reset', { email: 'x@example.org' })).status,
    ).to.equal(204);
  });
});

describe('password resets with limits', () => {
  it('mail one address three times in a quarter of an hour, and answer alike beyond that', async () => {
    await using mail = await mailServer();
    const limits = 'anonymous:6000,free:6000,pro:6000,enterprise:10000';
    await using w = await world({ env: { ...mailEnv(mail), RATE_LIMITS: limits, TRUST_PROXY: '1' } });
    await w.join('alice');
    for (let n = 1; n <= 5; n += 1) {
      const reply = await send(w.base, 'POST', '/v1/auth/password-reset', '{"email":"alice@example.org"}', {
        ...json,
        'X-Forwarded-For': `192.0.2.${n}`,
      });
      expect([reply.status, reply.text]).to.eql([204, '']);
    }
    await w.settle();
    const asked = await w.tools.db
      .selectFrom('effects')
      .select('event_id')
      .where('event', '=', 'passwordResetRequested')
      .execute();
    expect(asked).to.have.length(3);
    const body = JSON.stringify({
      token: resetTokenFor(mail, 'alice@example.org'),
      new_password: newPassword,
    });
    const confirmed = await send(w.base, 'POST', '/v1/auth/password-reset/confirm', body, json);
    expect(confirmed.status, 'the last one mailed is good').to.equal(204);
  });
});
