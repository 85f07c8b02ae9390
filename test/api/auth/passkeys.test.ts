import { expect } from 'chai';
import { keys } from '../../../shared/keys.ts';
import { Authenticator, type Ceremony } from '../../tools/authenticator.ts';
import { type Client, passwordOf, type Reply, send } from '../../tools/client.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { type World, world } from '../../tools/world.ts';

const json = { 'Content-Type': 'application/json' };
const origin = 'https://photos.example.org';
const app = 'android:apk-key-hash:7d1043473d55bfa90e8530d35801d4e381bc69f0';

describe('passkeys', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [], env: { RP_ID: 'example.org', RP_ORIGINS: `${origin}, ${app}` } });
  });
  after(() => w[Symbol.asyncDispose]());

  const post = (path: string, body?: unknown) =>
    send(w.base, 'POST', path, body === undefined ? undefined : JSON.stringify(body), json);
  const optionsFor = async (who: Client) =>
    (await who.post('/v1/auth/passkeys/options', { password: passwordOf(who) })).body;
  const loginOptions = async () => (await post('/v1/auth/passkeys/login/options')).body;
  const add = (who: Client, response: unknown, name?: string) =>
    who.post('/v1/auth/passkeys', { response, name });
  const login = (response: unknown) => post('/v1/auth/passkeys/login', { response });

  /** Makes a passkey and adds it. */
  async function register(
    who: Client,
    device: Authenticator,
    ceremony: Partial<Ceremony> = {},
  ): Promise<Reply> {
    return add(who, device.create(await optionsFor(who), { origin, ...ceremony }), 'My phone');
  }
  async function signIn(device: Authenticator, ceremony: Partial<Ceremony> = {}): Promise<Reply> {
    return login(device.get(await loginOptions(), { origin, ...ceremony }));
  }
  const refusedLogin = (reply: Reply) =>
    expectRefusal(reply, 'UNAUTHORIZED', {
      field: 'response',
      reason: 'This passkey is not known here, or what it signed is not valid (any more)',
    });
  const refusedNew = (reply: Reply, reason: RegExp) =>
    expectRefusal(reply, 'INVALID_INPUT', { field: 'response', reason });

  it('are made with the options that are given, and sign in without a name or a password', async () => {
    const alice = await w.join('alice');
    const device = new Authenticator();
    const options = await alice.post('/v1/auth/passkeys/options', { password: passwordOf(alice) });
    expect(options.status, options.text).to.equal(200);
    expect(options.body).to.deep.include({
      rp: { name: 'Emulsion', id: 'example.org' },
      user: {
        id: Buffer.from(alice.userId).toString('base64url'),
        name: 'alice',
        displayName: 'alice',
      },
      timeout: 300_000,
      attestation: 'none',
      excludeCredentials: [],
      authenticatorSelection: {
        residentKey: 'required',
        requireResidentKey: true,
        userVerification: 'required',
      },
    });
    const made = device.create(options.body, { origin });
    const added = await add(alice, made, 'My phone 😀');
    expect(added.status, added.text).to.equal(201);
    expect(added.body).to.deep.include({ name: 'My phone 😀', is_backed_up: true, used_at: null });
    expect(added.body).to.have.all.keys('passkey_id', 'name', 'is_backed_up', 'created_at', 'used_at');

    const asked = await post('/v1/auth/passkeys/login/options');
    expect(asked.status, asked.text).to.equal(200);
    expect(asked.body).to.have.all.keys('challenge', 'rpId', 'timeout', 'userVerification');
    expect(asked.body).to.deep.include({ rpId: 'example.org', userVerification: 'required' });
    const reply = await login(device.get(asked.body, { origin }));
    expect(reply.status, reply.text).to.equal(200);
    expect(reply.body.user).to.eql((await alice.get('/v1/users/me')).body);
    const me = await send(w.base, 'GET', '/v1/users/me', undefined, {
      Authorization: `Bearer ${reply.body.access_token}`,
    });
    expect(me.body.user_id).to.equal(alice.userId);
    const [listed] = (await alice.get('/v1/auth/passkeys')).body.passkeys;
    expect(Date.parse(listed.used_at)).to.be.within(Date.now() - 60_000, Date.now() + 1_000);
    const again = await optionsFor(alice);
    expect(again.excludeCredentials).to.eql([
      { id: made.id, type: 'public-key', transports: ['internal', 'hybrid'] },
    ]);
  });

  it('work in the app too, and nowhere else', async () => {
    const bob = await w.join('bob');
    const device = new Authenticator();
    expect((await register(bob, device, { origin: app })).status).to.equal(201);
    expect((await signIn(device, { origin: app })).status).to.equal(200);
    expect((await signIn(device)).status).to.equal(200);
    for (const other of ['https://example.org', 'http://photos.example.org', `${origin}.evil.example`, '']) {
      refusedLogin(await signIn(device, { origin: other }));
      refusedNew(await register(bob, new Authenticator(), { origin: other }), /origin/);
    }
    const foreign = device.get({ ...(await loginOptions()), rpId: 'evil.example' }, { origin });
    refusedLogin(await login(foreign));
    const options = await optionsFor(bob);
    refusedNew(
      await add(bob, device.create({ ...options, rp: { id: 'evil.example' } }, { origin })),
      /RP ID/i,
    );
  });

  it('answer a challenge once, within its time, and only one made for it', async () => {
    const [carol, dora] = [await w.join('carol'), await w.join('dora')];
    const device = new Authenticator();
    await register(carol, device);
    const response = device.get(await loginOptions(), { origin });
    const racing = await Promise.all([1, 2, 3].map(() => login(response)));
    expect(racing.map(({ status }) => status).sort()).to.eql([200, 401, 401]);
    refusedLogin(await login(response));

    const asked = await loginOptions();
    const ttl = await w.tools.cache.ttl(keys.challenge(asked.challenge));
    expect(ttl).to.be.within(290, 300);
    await w.tools.cache.del(keys.challenge(asked.challenge));
    refusedLogin(await login(device.get(asked, { origin })));
    refusedLogin(await signIn(device, { challenge: 'A'.repeat(43) }));
    refusedLogin(await signIn(device, { challenge: '' }));

    const reason = /used, is too old or not yours/;
    refusedNew(
      await add(
        carol,
        device.create({ ...(await optionsFor(carol)), ...(await loginOptions()) }, { origin }),
      ),
      reason,
    );
    refusedNew(await add(dora, new Authenticator().create(await optionsFor(carol), { origin })), reason);
    refusedLogin(
      await login(device.get({ ...(await loginOptions()), ...(await optionsFor(carol)) }, { origin })),
    );
    const options = await optionsFor(dora);
    const made = new Authenticator().create(options, { origin });
    expect((await add(dora, made)).status).to.equal(201);
    refusedNew(await add(dora, made), reason);
  });

  it('sign in only when the user was verified, and what was signed is whole', async () => {
    const erin = await w.join('erin');
    const device = new Authenticator();
    refusedNew(await register(erin, new Authenticator(), { isVerified: false }), /verif/i);
    await register(erin, device);
    refusedLogin(await signIn(device, { isVerified: false }));
    const fresh = async () => device.get(await loginOptions(), { origin });
    type Signed = Awaited<ReturnType<typeof fresh>>;
    const flip = (text: string) => `${text.slice(0, 50)}${text[50] === 'A' ? 'B' : 'A'}${text.slice(51)}`;
    const changes: ((signed: Signed) => unknown)[] = [
      (signed) => ({
        ...signed,
        response: { ...signed.response, signature: flip(signed.response.signature) },
      }),
      (signed) => ({
        ...signed,
        response: { ...signed.response, authenticatorData: `${signed.response.authenticatorData}AAAA` },
      }),
      (signed) => ({ ...signed, response: { ...signed.response, userHandle: undefined } }),
      (signed) => ({
        ...signed,
        response: { ...signed.response, userHandle: Buffer.from('user_x').toString('base64url') },
      }),
      (signed) => ({ ...signed, id: 'AAAAAAAAAAAAAAAAAAAAAA', rawId: 'AAAAAAAAAAAAAAAAAAAAAA' }),
      (signed) => ({ ...signed, rawId: 'AAAAAAAAAAAAAAAAAAAAAA' }),
    ];
    for (const change of changes) refusedLogin(await login(change(await fresh())));
    expect((await login(await fresh())).status).to.equal(200);
  });

  it('are refused when their counter has not risen: there is a copy', async () => {
    const frank = await w.join('frank');
    const device = new Authenticator();
    await register(frank, device);
    device.counter = 41;
    expect((await signIn(device)).status).to.equal(200);
    const id = await internalId(w, 'users', frank.userId);
    const row = await w.tools.db
      .selectFrom('passkeys')
      .selectAll()
      .where('user_id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row.counter).to.equal(42);
    device.counter = 41;
    refusedLogin(await signIn(device));
    device.counter = 10;
    refusedLogin(await signIn(device));
    device.counter = 42;
    expect((await signIn(device)).status).to.equal(200);
  });

  it('that always count 0, as synchronised ones do, go on', async () => {
    const grace = await w.join('grace');
    const device = new Authenticator();
    await register(grace, device);
    for (let n = 0; n < 2; n += 1) {
      device.counter = -1;
      expect((await signIn(device)).status).to.equal(200);
    }
  });

  it('bring no certificates: none were asked for, and none are looked into', async () => {
    const heidi = await w.join('heidi');
    const statement = new Map<string, string | number | Uint8Array>([
      ['alg', -7],
      ['sig', new Uint8Array(8)],
    ]);
    const withCertificate = new Map([...statement, ['x5c', new Uint8Array(64)] as const]);
    for (const attestation of [
      ['packed', withCertificate],
      ['fido-u2f', statement],
      ['apple', statement],
      ['made-up', new Map()],
    ] as [string, Map<string, string>][]) {
      refusedNew(await register(heidi, new Authenticator(), { attestation }), /was not asked for/);
    }
    refusedNew(
      await register(heidi, new Authenticator(), {
        attestation: ['packed', statement as Map<string, string>],
      }),
      /./,
    );
  });

  it('are registered once', async () => {
    const ivan = await w.join('ivan');
    const device = new Authenticator();
    const made = device.create(await optionsFor(ivan), { origin });
    expect((await add(ivan, made)).status).to.equal(201);
    const options = await optionsFor(ivan);
    const clientData = { type: 'webauthn.create', challenge: options.challenge, origin, crossOrigin: false };
    const again = {
      ...made,
      response: {
        ...made.response,
        clientDataJSON: Buffer.from(JSON.stringify(clientData)).toString('base64url'),
      },
    };
    expectRefusal(await add(ivan, again), 'CONFLICT', { field: 'response' });
    const other = { ...again, id: 'AAAAAAAAAAAAAAAAAAAAAA', rawId: 'AAAAAAAAAAAAAAAAAAAAAA' };
    refusedNew(await add(ivan, other), /challenge/i);
  });

  it('are listed newest first, page by page, and removed for good, by their owner only', async () => {
    const [judy, mallory] = [await w.join('judy'), await w.join('mallory')];
    const devices = [new Authenticator(), new Authenticator(), new Authenticator()];
    const ids: string[] = [];
    for (const device of devices) ids.unshift((await register(judy, device)).body.passkey_id);
    const first = (await judy.get('/v1/auth/passkeys?limit=2')).body;
    const second = (await judy.get(`/v1/auth/passkeys?limit=2&cursor=${first.next_cursor}`)).body;
    const listed = [...first.passkeys, ...second.passkeys].map(
      (each: { passkey_id: string }) => each.passkey_id,
    );
    expect(listed).to.eql(ids);
    expect([first.has_more, second.has_more, second.next_cursor]).to.eql([true, false, null]);
    expect((await mallory.get('/v1/auth/passkeys')).body.passkeys).to.eql([]);
    expectRefusal(await judy.get('/v1/auth/passkeys?cursor=x'), 'INVALID_INPUT', { field: 'cursor' });

    const path = `/v1/auth/passkeys/${ids[0]}`;
    expectRefusal(await mallory.delete(path), 'NOT_FOUND', {
      field: 'passkey_id',
      message: 'Passkey not found',
    });
    for (const id of ['passkey_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00', judy.userId]) {
      expectRefusal(await judy.delete(`/v1/auth/passkeys/${id}`), 'NOT_FOUND', { field: 'passkey_id' });
    }
    expect((await signIn(devices[2] as Authenticator)).status).to.equal(200);
    for (const _ of [1, 2]) {
      const reply = await judy.delete(path);
      expect([reply.status, reply.text]).to.eql([204, '']);
    }
    refusedLogin(await signIn(devices[2] as Authenticator));
    expect((await judy.get('/v1/auth/passkeys')).body.passkeys).to.have.length(2);
    expect((await optionsFor(judy)).excludeCredentials).to.have.length(2);
    expect((await signIn(devices[1] as Authenticator)).status).to.equal(200);
  });

  it('are fifty at most', async () => {
    const kim = await w.join('kim');
    const userId = await internalId(w, 'users', kim.userId);
    const row = (n: number) => ({
      passkey_id: `passkey_${String(n).padStart(26, '0')}`,
      user_id: userId,
      credential_id: `none${n}`,
      public_key: Buffer.alloc(1),
      counter: 0,
      transports: [],
      is_backed_up: false,
    });
    await w.tools.db
      .insertInto('passkeys')
      .values(Array.from({ length: 50 }, (_, n) => row(n)))
      .execute();
    expectRefusal(await register(kim, new Authenticator()), 'CONFLICT', { field: 'response' });
  });

  it('refuse what has not their shape, and what is no CBOR', async () => {
    const leo = await w.join('leo');
    const device = new Authenticator();
    const made = device.create(await optionsFor(leo), { origin });
    const bad: [field: string, body: unknown][] = [
      ['response', {}],
      ['response', { response: 5 }],
      ['response.id', { response: { ...made, id: undefined } }],
      ['response.id', { response: { ...made, id: 'not base64url!' } }],
      ['response.id', { response: { ...made, id: 'A'.repeat(2_000) } }],
      ['response.type', { response: { ...made, type: 'password' } }],
      ['response.response.attestationObject', { response: { ...made, response: { clientDataJSON: 'AA' } } }],
      ['name', { response: made, name: '' }],
      ['name', { response: made, name: 'x'.repeat(101) }],
      ['name', { response: made, name: 'nul\0' }],
      ['user', { response: made, user: 'x' }],
    ];
    for (const [field, body] of bad) {
      expectRefusal(await leo.post('/v1/auth/passkeys', body), 'INVALID_INPUT', { field });
    }
    // 0x81 opens an array of one: thousands of them within each other.
    const deep = Buffer.alloc(12_000, 0x81).toString('base64url');
    for (const attestationObject of ['AAAA', 'oA', deep, Buffer.from('{}').toString('base64url')]) {
      const fresh = device.create(await optionsFor(leo), { origin });
      const reply = await add(leo, { ...fresh, response: { ...fresh.response, attestationObject } });
      refusedNew(reply, /^(?!.*(call stack|is not a function|undefined)).+/);
    }
    for (const clientDataJSON of [
      'AAAA',
      Buffer.from('null').toString('base64url'),
      Buffer.from('{"challenge":5}').toString('base64url'),
    ]) {
      refusedLogin(
        await login({
          ...device.get(await loginOptions(), { origin }),
          response: { clientDataJSON, authenticatorData: 'AA', signature: 'AA' },
        }),
      );
    }
    expectRefusal(await post('/v1/auth/passkeys/login', { response: made }), 'INVALID_INPUT', {
      field: 'response.response.signature',
    });
  });

  it('are made only by somebody who knows the password: a token alone makes no way in', async () => {
    const thief = await w.join('thief');
    const guess = await thief.post('/v1/auth/passkeys/options', { password: 'a guess' });
    expectRefusal(guess, 'FORBIDDEN', { field: 'password' });
    expectRefusal(await thief.post('/v1/auth/passkeys/options', {}), 'INVALID_INPUT', { field: 'password' });
  });

  it('need somebody who is signed in to be made, listed and removed', async () => {
    for (const [method, path] of [
      ['POST', '/v1/auth/passkeys/options'],
      ['POST', '/v1/auth/passkeys'],
      ['GET', '/v1/auth/passkeys'],
      ['DELETE', '/v1/auth/passkeys/passkey_01j8z3k4m5n6p7q8r9s0t1v2w3'],
    ] as const) {
      expectRefusal(await send(w.base, method, path), 'UNAUTHORIZED');
    }
  });
});

describe('passkeys where nothing is configured', () => {
  it('belong to the host of PUBLIC_URL', async () => {
    await using w = await world({ serves: [], env: { PUBLIC_URL: 'https://photos.example.org:8443' } });
    const alice = await w.join('alice');
    const options = (await alice.post('/v1/auth/passkeys/options', { password: passwordOf(alice) })).body;
    expect(options.rp.id).to.equal('photos.example.org');
    const made = new Authenticator().create(options, { origin: 'https://photos.example.org:8443' });
    expect((await alice.post('/v1/auth/passkeys', { response: made })).status).to.equal(201);
  });
});
