/** A phone is lost: what it could do ends at once, on every process, and its owner gets back in without it. */
import { expect } from 'chai';
import { startServer } from '../../api/server.ts';
import { openApiTools } from '../../api/tools.ts';
import type { Tools } from '../../shared/tools.ts';
import { type App, appOf, at, dataOf, done, joinApp, openApp, refusalOf, statusOf } from '../tools/app.ts';
import { passwordOf } from '../tools/client.ts';
import { codeOf } from '../tools/codes.ts';
import { listen } from '../tools/listen.ts';
import { mailEnv, resetTokenFor } from '../tools/mail.ts';
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
    otherTools = await openApiTools({ ...w.config, PORT: await freePort() });
    other = await startServer(otherTools, { checkReplies: true });
    otherBase = `http://127.0.0.1:${other.port}`;
  });
  after(async () => {
    await other.stop();
    await otherTools.stop();
    await w[Symbol.asyncDispose]();
    await mail[Symbol.asyncDispose]();
  });

  /** Signs in on a device that names itself. */
  async function signIn(password: string, code?: string, device = 'a laptop') {
    const body = { login: 'alice', password, ...(code !== undefined && { code }) };
    const headers = { 'User-Agent': device };
    return openApp({ baseUrl: w.base }).POST('/v1/auth/login', { body, headers });
  }
  /** The device that signed in. */
  async function signedIn(...how: Parameters<typeof signIn>): Promise<App> {
    const { access_token: accessToken, refresh_token: refreshToken, user } = await dataOf(signIn(...how));
    return appOf(w.base, { userId: user.user_id, username: 'alice', accessToken, refreshToken });
  }
  const expectRefused = async (asked: Parameters<typeof refusalOf>[0], field: string) => {
    const { status, code, details } = await refusalOf(asked);
    expect({ status, code, field: details?.field }).to.eql({ status: 401, code: 'UNAUTHORIZED', field });
    expect(details?.reason).to.be.a('string').and.not.equal('');
  };
  const isSignedIn = async (who: App, base = w.base) =>
    (await statusOf(appOf(base, who).GET('/v1/users/me'))) === 200;
  const setUpCodes = async (who: App, password: string) => {
    const { secret } = await dataOf(who.POST('/v1/auth/totp', { body: { password } }));
    const body = { code: codeOf(secret) };
    const { recovery_codes: codes } = await dataOf(who.POST('/v1/auth/totp/confirm', { body }));
    return { secret, codes };
  };

  it('can do nothing any more, and its owner signs in again with a mail and a recovery code', async () => {
    const laptop = await joinApp(w.base, 'alice');
    const oldPassword = passwordOf(laptop);
    const phone = await signedIn(oldPassword, undefined, 'a phone');
    const { secret, codes } = await setUpCodes(phone, oldPassword);
    const [written, spare] = codes as [string, string];

    // The phone is connected to another process when its owner, at the laptop, finds it gone.
    await using ear = await listen(otherBase, phone);
    const { sessions } = await dataOf(laptop.GET('/v1/auth/sessions'));
    const { session_id = '', is_current } = sessions.find(({ user_agent }) => user_agent === 'a phone') ?? {};
    expect(is_current).to.equal(false);
    await done(laptop.DELETE('/v1/auth/sessions/{session_id}', at({ session_id })));
    expect(await isSignedIn(phone)).to.equal(false);
    expect(await isSignedIn(phone, otherBase)).to.equal(false);
    const body = { refresh_token: phone.refreshToken };
    await expectRefused(phone.POST('/v1/auth/refresh', { body }), 'refresh_token');
    expect(await ear.closed).to.equal(4401);
    expect(await isSignedIn(laptop)).to.equal(true);

    // Whoever found it may know the password by now.
    await using own = await listen(otherBase, laptop);
    const anybody = openApp({ baseUrl: w.base });
    await done(anybody.POST('/v1/auth/password-reset', { body: { email: 'alice@example.org' } }));
    await w.settle();
    const newPassword = 'staple the other horse';
    const token = resetTokenFor(mail, 'alice@example.org');
    const reset = { token, new_password: newPassword };
    await done(anybody.POST('/v1/auth/password-reset/confirm', { body: reset }));
    expect(await isSignedIn(laptop)).to.equal(false);
    expect(await own.closed).to.equal(4401);
    await expectRefused(signIn(oldPassword, codeOf(secret, 1)), 'login');

    // The mail alone does not open the account, and neither does a code that was used.
    await expectRefused(signIn(newPassword), 'code');
    const owner = await signedIn(newPassword, written);
    await expectRefused(signIn(newPassword, written), 'code');

    await done(owner.DELETE('/v1/auth/totp', { body: { password: newPassword } }));
    expect((await dataOf(signIn(newPassword))).user.user_id).to.equal(laptop.userId);
    const renewed = await setUpCodes(owner, newPassword);
    await expectRefused(signIn(newPassword, codeOf(secret, 1)), 'code');
    await expectRefused(signIn(newPassword, spare), 'code');
    await dataOf(signIn(newPassword, codeOf(renewed.secret, 1)));
  });
});
