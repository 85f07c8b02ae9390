/** A phone is lost: what it could do ends at once, on every process, and its owner gets back in without it. */
import { expect } from 'chai';
import { startServer } from '../../api/server.ts';
import { openTools, type Tools } from '../../shared/tools.ts';
import { appOf, dataOf } from '../tools/app.ts';
import { type Client, clientOf, passwordOf, send } from '../tools/client.ts';
import { codeOf } from '../tools/codes.ts';
import { listen } from '../tools/listen.ts';
import { mailEnv, resetTokenFor } from '../tools/mail.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type MailServer, mailServer } from '../tools/smtp.ts';
import { freePort, type World, world } from '../tools/world.ts';

describe('a lost phone', () => {
  let mail: MailServer;
  let w: World;
  let otherTools: Tools;
  let other: Awaited<ReturnType<typeof startServer>>;
  let otherBase: string;
  before(async () => {
    mail = await mailServer();
    w = await world({ env: mailEnv(mail) });
    otherTools = await openTools({ ...w.config, PORT: await freePort() }, 'api');
    other = await startServer(otherTools, { checkReplies: true });
    otherBase = `http://127.0.0.1:${other.port}`;
  });
  after(async () => {
    await other.stop();
    await otherTools.stop();
    await w[Symbol.asyncDispose]();
    await mail[Symbol.asyncDispose]();
  });

  const post = (path: string, body: unknown, userAgent = 'a laptop') =>
    send(w.base, 'POST', path, JSON.stringify(body), {
      'Content-Type': 'application/json',
      'User-Agent': userAgent,
    });
  const login = (password: string, code?: string, userAgent?: string) =>
    post('/v1/auth/login', { login: 'alice', password, code }, userAgent);
  const isSignedIn = async (who: Client, base = w.base) =>
    (await clientOf(base, who).get('/v1/users/me')).status === 200;

  it('can do nothing any more, and its owner signs in again with a mail and a recovery code', async () => {
    const laptop = await w.join('alice');
    const oldPassword = 'alice has a password';

    const onPhone = await login(oldPassword, undefined, 'a phone');
    const phone = clientOf(w.base, {
      ...laptop,
      accessToken: onPhone.body.access_token,
      refreshToken: onPhone.body.refresh_token,
    });
    const { secret } = (await phone.post('/v1/auth/totp', { password: passwordOf(phone) })).body;
    const confirmed = await phone.post('/v1/auth/totp/confirm', { code: codeOf(secret) });
    const [written, spare] = confirmed.body.recovery_codes as [string, string];

    // The phone is connected to another process when its owner, at the laptop, finds it gone.
    await using ear = await listen(otherBase, phone);
    const app = appOf(w.base, laptop);
    const { sessions } = await dataOf(app.GET('/v1/auth/sessions'));
    const { session_id = '', is_current } = sessions.find(({ user_agent }) => user_agent === 'a phone') ?? {};
    expect(is_current).to.equal(false);
    const ended = await app.DELETE('/v1/auth/sessions/{session_id}', { params: { path: { session_id } } });
    expect(ended.response.status).to.equal(204);
    expect(await isSignedIn(phone)).to.equal(false);
    expect(await isSignedIn(phone, otherBase)).to.equal(false);
    const refreshed = await post('/v1/auth/refresh', { refresh_token: phone.refreshToken });
    expectRefusal(refreshed, 'UNAUTHORIZED', { field: 'refresh_token' });
    expect(await ear.closed).to.equal(4401);
    expect(await isSignedIn(laptop)).to.equal(true);

    // Whoever found it may know the password by now.
    await using own = await listen(otherBase, laptop);
    expect((await post('/v1/auth/password-reset', { email: 'alice@example.org' })).status).to.equal(204);
    await w.settle();
    const newPassword = 'staple the other horse';
    const token = resetTokenFor(mail, 'alice@example.org');
    const reset = await post('/v1/auth/password-reset/confirm', { token, new_password: newPassword });
    expect(reset.status, reset.text).to.equal(204);
    expect(await isSignedIn(laptop)).to.equal(false);
    expect(await own.closed).to.equal(4401);
    expectRefusal(await login(oldPassword, codeOf(secret, 1)), 'UNAUTHORIZED', { field: 'login' });

    // The mail alone does not open the account, and neither does a code that was used.
    expectRefusal(await login(newPassword), 'UNAUTHORIZED', { field: 'code' });
    const signedIn = await login(newPassword, written);
    expect(signedIn.status, signedIn.text).to.equal(200);
    expectRefusal(await login(newPassword, written), 'UNAUTHORIZED', { field: 'code' });

    const owner = clientOf(w.base, { ...laptop, accessToken: signedIn.body.access_token });
    expect((await owner.delete('/v1/auth/totp', undefined, { password: newPassword })).status).to.equal(204);
    expect((await login(newPassword)).status).to.equal(200);
    const renewed = (await owner.post('/v1/auth/totp', { password: newPassword })).body;
    await owner.post('/v1/auth/totp/confirm', { code: codeOf(renewed.secret) });
    expectRefusal(await login(newPassword, codeOf(secret, 1)), 'UNAUTHORIZED', { field: 'code' });
    expectRefusal(await login(newPassword, spare), 'UNAUTHORIZED', { field: 'code' });
    expect((await login(newPassword, codeOf(renewed.secret, 1))).status).to.equal(200);
  });
});
