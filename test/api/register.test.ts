import { expect } from 'chai';
import { isPassword } from '../../shared/auth/passwords.ts';
import { send } from '../tools/client.ts';
import { effectsOn, queuedJobs } from '../tools/owed.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('POST /v1/auth/register', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  const json = { 'Content-Type': 'application/json' };
  const sendText = (text: string | undefined, headers: Record<string, string> = json) =>
    send(w.base, 'POST', '/v1/auth/register', text, headers);
  const register = (body: unknown, headers?: Record<string, string>) =>
    sendText(JSON.stringify(body), { ...json, ...headers });
  const person = (username: string, more: Record<string, unknown> = {}) => ({
    username,
    email: `${username.toLowerCase()}@example.org`,
    password: 'correct horse battery',
    ...more,
  });
  const accounts = async () => (await w.tools.db.selectFrom('users').select('id').execute()).length;

  it('answers 201 with the user and the tokens of a session', async () => {
    const reply = await register(person('alice', { full_name: 'Alice Doe' }));
    expect(reply.status, reply.text).to.equal(201);
    const { user, access_token, refresh_token, ...rest } = reply.body;
    expect(rest).to.eql({ token_type: 'Bearer', expires_in: 900 });
    expect(user.user_id).to.match(/^user_[0-9a-z]{26}$/);
    expect(user).to.eql({
      user_id: user.user_id,
      username: 'alice',
      full_name: 'Alice Doe',
      bio: null,
      website: null,
      profile_pic_url: `${w.config.CDN_BASE_URL}/avatars/${user.user_id}/320.jpg?v=a`,
      post_count: 0,
      follower_count: 0,
      following_count: 0,
      is_private: false,
      is_verified: false,
      is_following: false,
      is_requested: false,
      is_followed_by: false,
      is_blocked: false,
      is_muted: false,
    });
    expect(access_token.split('.')).to.have.length(3);
    expect(refresh_token).to.match(/^rt_/);
    const me = await send(w.base, 'GET', '/v1/users/me', undefined, {
      Authorization: `Bearer ${access_token}`,
    });
    expect(me.body).to.eql(user);
  });

  it('keeps the profile apart from the credentials, and no password but its Argon2id hash', async () => {
    const { body } = await register(person('bob', { email: 'Bob@Example.org' }), { 'User-Agent': 'a phone' });
    const row = await w.tools.db
      .selectFrom('users')
      .innerJoin('credentials', 'credentials.user_id', 'users.id')
      .innerJoin('sessions', 'sessions.user_id', 'users.id')
      .selectAll()
      .where('users.user_id', '=', body.user.user_id)
      .executeTakeFirstOrThrow();
    expect(row).to.deep.include({
      username: 'bob',
      full_name: null,
      email: 'bob@example.org',
      tier: 'free',
      role: 'user',
      user_agent: 'a phone',
      generation: 1,
      ended_at: null,
    });
    expect(row.password_hash).to.match(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await isPassword('correct horse battery', row.password_hash)).to.equal(true);
    expect(await isPassword('correct horse batterx', row.password_hash)).to.equal(false);
  });

  it('owes the index its new user, in the name of the request', async () => {
    const { body, headers } = await register(person('carol'));
    const userId = body.user.user_id;
    expect(await effectsOn(w.tools, userId)).to.eql([
      {
        event: 'userRegistered',
        job: 'index-user',
        state: 'pending',
        payload: { userId, requestId: headers.get('x-request-id') },
      },
    ]);
    expect(await queuedJobs(w.tools), 'the relay has not moved it').to.eql([]);
  });

  it('refuses a name or an address that is taken, whatever its case, and leaves nothing behind', async () => {
    await register(person('dora'));
    const before = await accounts();
    const sameName = await register(person('DoRa', { email: 'other@example.org' }));
    expectRefusal(sameName, 'CONFLICT', { field: 'username', reason: "'dora' is already taken" });
    const sameAddress = await register(person('dora2', { email: 'DORA@example.org' }));
    expectRefusal(sameAddress, 'CONFLICT', { field: 'email', reason: "'dora@example.org' is already taken" });
    expect(await accounts()).to.equal(before);
  });

  it('gives a name once when two ask for it at the same time', async () => {
    const replies = await Promise.all(
      [1, 2, 3].map((n) => register(person('erin', { email: `erin${n}@example.org` }))),
    );
    expect(replies.map(({ status }) => status).sort()).to.eql([201, 409, 409]);
  });

  it('says what is wrong with a field', async () => {
    const bad: [field: string, value: unknown][] = [
      ['username', 'ab'],
      ['username', 'a'.repeat(31)],
      ['username', 'with space'],
      ['username', 'naïve'],
      ['username', '.dot'],
      ['username', 'dot.'],
      ['username', 'two..dots'],
      ['username', ''],
      ['username', 7],
      ['username', null],
      ['username', undefined],
      ['username', ['frank']],
      ['email', 'no address'],
      ['email', 'frank@'],
      ['email', `${'a'.repeat(250)}@example.org`],
      ['email', `${'a'.repeat(65)}@example.org`],
      ['email', 'frank@hyphen-.example.org'],
      ['email', {}],
      ['email', undefined],
      ['password', 'short'],
      ['password', '🐎🔋📎🐴'],
      ['password', 'x'.repeat(129)],
      ['password', 12_345_678],
      ['password', undefined],
      ['full_name', 'x'.repeat(101)],
      ['full_name', 5],
      ['username', 'nul\0l'],
      ['password', 'nul in a password \0'],
      ['full_name', '\0'],
    ];
    for (const [field, value] of bad) {
      const reply = await register(person('frank', { [field]: value }));
      expectRefusal(reply, 'INVALID_INPUT', { field });
    }
    expect((await register(person('frank'))).status, 'nothing was kept').to.equal(201);
  });

  it('tells of every problem at once, the first of them in field and reason', async () => {
    const reply = await register({ username: 'x', email: 'y', password: 'z' });
    expectRefusal(reply, 'INVALID_INPUT', { field: 'username' });
    const { problems } = reply.body.error.details;
    expect(problems.map((problem: { field: string }) => problem.field)).to.eql([
      'username',
      'email',
      'password',
    ]);
  });

  it('refuses a field it does not know by its name', async () => {
    const reply = await register(person('grace', { role: 'admin' }));
    expectRefusal(reply, 'INVALID_INPUT', { field: 'role', reason: 'Unknown field' });
    const polluted = await sendText('{"username":"grace","__proto__":{"role":"admin"}}');
    expect(polluted.status).to.equal(400);
  });

  it('refuses a body that is no JSON object', async () => {
    expectRefusal(await sendText('{"username":'), 'INVALID_INPUT', { field: 'body' });
    expectRefusal(await sendText('[]'), 'INVALID_INPUT', { field: 'body' });
    expectRefusal(await sendText('"alice"'), 'INVALID_INPUT', { field: 'body' });
    expectRefusal(await sendText('null'), 'INVALID_INPUT', { field: 'body' });
    expectRefusal(await sendText(''), 'INVALID_INPUT', { field: 'username' });
    expectRefusal(await sendText(undefined, {}), 'INVALID_INPUT', { field: 'username' });
  });

  it('refuses another content type', async () => {
    const text = JSON.stringify(person('heidi'));
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const reply = await sendText(text, { 'Content-Type': type });
      expectRefusal(reply, 'INVALID_INPUT', {
        field: 'content-type',
        reason: 'Must be application/json',
      });
    }
    const charset = await sendText(text, { 'Content-Type': 'application/json; charset=koi8-r' });
    expectRefusal(charset, 'INVALID_INPUT', { field: 'content-type' });
    const packed = await sendText(text, { ...json, 'Content-Encoding': 'snappy' });
    expectRefusal(packed, 'INVALID_INPUT', { field: 'content-encoding' });
    const accepted = await sendText(text, { 'Content-Type': 'application/json; charset=utf-8' });
    expect(accepted.status, accepted.text).to.equal(201);
  });

  it('refuses a body of more than 64 kB, announced or not', async () => {
    const text = JSON.stringify(person('ivan', { full_name: 'x'.repeat(64 * 1024) }));
    expectRefusal(await sendText(text), 'PAYLOAD_TOO_LARGE', { field: 'body' });
    const stream = new Blob([text]).stream();
    const chunked = await fetch(`${w.base}/v1/auth/register`, {
      method: 'POST',
      headers: json,
      body: stream,
      duplex: 'half',
    });
    expect(chunked.status).to.equal(413);
    await chunked.text();
  });

  it('keeps names in any script as they were typed', async () => {
    const names = ['Zoë 😀👩‍👩‍👧', 'مستخدم عربي', '山田 太郎', 'e\u0301'];
    for (const [index, full_name] of names.entries()) {
      const { body } = await register(person(`judy${index}`, { full_name: `  ${full_name} ` }));
      expect(body.user.full_name).to.equal(full_name);
    }
  });

  it('counts characters, not code units, of a name', async () => {
    const longest = '😀'.repeat(100);
    const { body } = await register(person('kim', { full_name: longest }));
    expect(body.user.full_name).to.equal(longest);
    expectRefusal(await register(person('kim2', { full_name: `${longest}!` })), 'INVALID_INPUT', {
      field: 'full_name',
    });
  });

  it('takes an empty full name for none', async () => {
    const { body } = await register(person('leo', { full_name: '   ' }));
    expect(body.user.full_name).to.equal(null);
  });
});
