/** A passkey takes the place of a password, and a new password leaves the old devices outside. */
import { expect } from 'chai';
import { appOf, at, dataOf, done, joinApp, openApp, refusalOf, statusOf } from '../tools/app.ts';
import { Authenticator } from '../tools/authenticator.ts';
import { passwordOf } from '../tools/client.ts';
import { type World, world } from '../tools/world.ts';

const origin = 'https://photos.example.org';

describe('signing in with a passkey', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [], env: { RP_ID: 'example.org', RP_ORIGINS: origin } });
  });
  after(() => w[Symbol.asyncDispose]());

  /** Signs in on a device that has the passkey. */
  async function signIn(device: Authenticator) {
    const visitor = openApp({ baseUrl: w.base });
    const options = await dataOf(visitor.POST('/v1/auth/passkeys/login/options'));
    const response = device.get(options, { origin });
    return visitor.POST('/v1/auth/passkeys/login', { body: { response } });
  }

  it('needs no password once it is there, and ends when the passkey is removed', async () => {
    const alice = await joinApp(w.base, 'alice');
    const phone = new Authenticator();
    const body = { password: passwordOf(alice) };
    const options = await dataOf(alice.POST('/v1/auth/passkeys/options', { body }));
    const response = phone.create(options, { origin });
    const made = await dataOf(alice.POST('/v1/auth/passkeys', { body: { response, name: 'My phone' } }));
    expect(made).to.include({ name: 'My phone', used_at: null });

    const signedIn = await dataOf(signIn(phone));
    expect(signedIn.user).to.include({ user_id: alice.userId, username: 'alice' });
    const { access_token: accessToken, refresh_token: refreshToken } = signedIn;
    const onPhone = appOf(w.base, { userId: alice.userId, username: 'alice', accessToken, refreshToken });
    const { passkeys } = await dataOf(onPhone.GET('/v1/auth/passkeys'));
    expect(passkeys.map(({ passkey_id, used_at }) => [passkey_id, used_at !== null])).to.eql([
      [made.passkey_id, true],
    ]);

    await done(alice.DELETE('/v1/auth/passkeys/{passkey_id}', at({ passkey_id: made.passkey_id })));
    expect((await refusalOf(signIn(phone))).code).to.equal('UNAUTHORIZED');
    expect((await dataOf(alice.GET('/v1/auth/passkeys'))).passkeys).to.eql([]);
  });

  it('has a password beside it, which signs other devices out when it is changed', async () => {
    const bob = await joinApp(w.base, 'bob');
    const login = { login: 'bob', password: passwordOf(bob) };
    const tablet = openApp({ baseUrl: w.base });
    tablet.signIn(await dataOf(tablet.POST('/v1/auth/login', { body: login })));
    expect(await dataOf(tablet.GET('/v1/auth/totp'))).to.include({ is_enabled: false });

    const body = { current_password: passwordOf(bob), new_password: 'bob has another password' };
    await done(bob.PUT('/v1/auth/password', { body }));
    expect(await statusOf(bob.GET('/v1/users/me')), 'the device that changed it').to.equal(200);
    expect((await refusalOf(tablet.GET('/v1/users/me'))).code).to.equal('UNAUTHORIZED');
    expect((await refusalOf(tablet.POST('/v1/auth/login', { body: login }))).code).to.equal('UNAUTHORIZED');
    const again = { ...login, password: body.new_password };
    expect(await statusOf(tablet.POST('/v1/auth/login', { body: again }))).to.equal(200);
  });
});
