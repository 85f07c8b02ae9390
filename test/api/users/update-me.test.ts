import { expect } from 'chai';
import { keys } from '../../../shared/keys.ts';
import { type Client, send } from '../../tools/client.ts';
import { effectsOn, jobsOwed } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

describe('PATCH /v1/users/me', () => {
  let w: World;
  let count = 0;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  async function joined(): Promise<Client> {
    count += 1;
    return w.join(`alice${count}`);
  }
  const edit = (who: Client, body: unknown) => who.patch('/v1/users/me', body);
  const rowOf = (who: Client) =>
    w.tools.db
      .selectFrom('users')
      .select(['username', 'full_name', 'bio', 'website', 'is_private'])
      .where('user_id', '=', who.userId)
      .executeTakeFirstOrThrow();

  it('changes what is given, keeps what is not, and answers with the profile', async () => {
    const alice = await joined();
    const edited = await edit(alice, {
      full_name: ' Alice Doe ',
      bio: 'Photos 📷\nمصورة',
      website: 'https://example.org/alice?x=1#y',
    });
    expect(edited.status, edited.text).to.equal(200);
    const before = {
      full_name: 'Alice Doe',
      bio: 'Photos 📷\nمصورة',
      website: 'https://example.org/alice?x=1#y',
    };
    expect(edited.body).to.include({ user_id: alice.userId, username: alice.username, ...before });
    expect((await alice.get('/v1/users/me')).body).to.eql(edited.body);
    const bio = await edit(alice, { bio: 'only this' });
    expect(bio.body).to.include({ ...before, bio: 'only this' });
    expect(await rowOf(alice)).to.eql({
      username: alice.username,
      ...before,
      bio: 'only this',
      is_private: false,
    });
    expect((await edit(alice, {})).body, 'nothing is nothing').to.eql(bio.body);
  });

  it('clears by null, and by nothing typed', async () => {
    const alice = await joined();
    const full = { full_name: 'Alice', bio: 'x', website: 'http://example.org' };
    const none = { full_name: null, bio: null, website: null };
    await edit(alice, full);
    expect((await edit(alice, none)).body).to.include(none);
    await edit(alice, full);
    expect((await edit(alice, { full_name: ' ', bio: '', website: '' })).body).to.include(none);
    expect(await rowOf(alice)).to.include(none);
  });

  it('is seen by everybody from the next request on, in every process', async () => {
    const [alice, bob] = [await joined(), await joined()];
    const post = (await alice.upload(await photo({ width: 60, height: 60 }))).body.post_id;
    await bob.post(`/v1/users/${alice.userId}/follow`);
    const name = async () => [
      (await bob.get(`/v1/users/${alice.userId}`)).body.username,
      (await bob.get('/v1/feed')).body.posts[0].user.username,
      (await bob.get(`/v1/posts/${post}`)).body.user.username,
    ];
    expect(await name()).to.eql(Array(3).fill(alice.username));
    expect(await w.tools.cache.exists(keys.user(alice.userId))).to.equal(1);
    const renamed = `renamed${count}`;
    expect((await edit(alice, { username: renamed.toUpperCase() })).body.username).to.equal(renamed);
    expect(await name()).to.eql(Array(3).fill(renamed));
    expectRefusal(await bob.get(`/v1/users/@${alice.username}`), 'NOT_FOUND', {
      field: 'user_id',
      message: 'User not found',
    });
    expect((await bob.get(`/v1/users/@${renamed}`)).body.user_id).to.equal(alice.userId);
    // The name is free for others.
    expect((await edit(bob, { username: alice.username })).status).to.equal(200);
    expect((await alice.get(`/v1/users/@${alice.username}`)).body.user_id).to.equal(bob.userId);
  });

  it('owes what an edit causes, if there was one', async () => {
    const alice = await joined();
    const events = async () =>
      (await effectsOn(w.tools, alice.userId))
        .map(({ event, job }) => [event, job])
        .filter(([event]) => event !== 'userRegistered');
    await edit(alice, { bio: null, username: alice.username, is_private: false });
    expect(await events()).to.eql([]);
    await edit(alice, { bio: 'something' });
    const jobs = (await events()).map(([event, job]) => `${event} ${job}`);
    expect(jobs).to.include('userEdited index-user').and.to.include('userEdited refresh-user');
    await edit(alice, { is_private: true });
    expect(await jobsOwed(w.tools, alice.userId, 'userBecamePublic')).to.eql([]);
  });

  it('accepts who asks when the account becomes public: some at once, the rest by a job', async () => {
    const alice = await joined();
    await edit(alice, { is_private: true });
    const asking: Client[] = [];
    for (let n = 0; n < 3; n += 1) {
      const bob = await joined();
      await bob.post(`/v1/users/${alice.userId}/follow`);
      asking.push(bob);
    }
    const opened = await edit(alice, { is_private: false });
    expect(opened.body).to.include({ is_private: false, follower_count: 3 });
    expect((await alice.get('/v1/users/me/follow-requests')).body.users).to.eql([]);
    for (const bob of asking) {
      expect((await bob.get(`/v1/users/${alice.userId}`)).body).to.include({
        is_following: true,
        is_requested: false,
      });
    }
    expect(await jobsOwed(w.tools, alice.userId, 'userBecamePublic'), 'none is left').to.eql([]);
    const accepted = await jobsOwed(w.tools, alice.userId, 'followAccepted');
    expect(accepted.filter((job) => job === 'notify-accepted')).to.have.length(3);
  });

  it('refuses a name that is taken, also by two who want it at once', async () => {
    const [alice, bob, carol] = [await joined(), await joined(), await joined()];
    expectRefusal(await edit(alice, { username: bob.username.toUpperCase() }), 'CONFLICT', {
      field: 'username',
      reason: `'${bob.username}' is already taken`,
    });
    expect(await rowOf(alice)).to.include({ username: alice.username });
    const wanted = `wanted${count}`;
    const replies = await Promise.all([alice, bob, carol].map((who) => edit(who, { username: wanted })));
    expect(replies.map(({ status }) => status).sort()).to.eql([200, 409, 409]);
  });

  it('answers a swap of names made at once without breaking', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [alice, bob] = [await joined(), await joined()];
      const replies = await Promise.all([
        edit(alice, { username: bob.username }),
        edit(bob, { username: alice.username }),
      ]);
      for (const { status, text } of replies) expect(status, text).to.be.oneOf([200, 409]);
    }
  });

  it('counts as people count, and no further', async () => {
    const alice = await joined();
    const fits = { full_name: '😀'.repeat(100), bio: '日'.repeat(149).concat('😀') };
    expect((await edit(alice, fits)).body).to.include(fits);
    expect((await edit(alice, { website: `https://example.org/${'x'.repeat(180)}` })).status).to.equal(200);
    const tooLong: [field: string, value: string][] = [
      ['full_name', '😀'.repeat(101)],
      ['bio', '😀'.repeat(151)],
      ['website', `https://example.org/${'x'.repeat(181)}`],
    ];
    for (const [field, value] of tooLong) {
      expectRefusal(await edit(alice, { [field]: value }), 'INVALID_INPUT', { field, reason: /at most/ });
    }
  });

  it('refuses what is no web address', async () => {
    const alice = await joined();
    const bad = [
      'example.org',
      'ftp://example.org',
      'javascript:alert(1)',
      'https:example.org',
      'https://',
      'https://localhost',
      'https://user:secret@example.org',
      'https://exa mple.org',
      'https://example.org/<script>',
      'https://example.org\\evil',
      'https://example.org:65536',
      'https://192.0.2.1/',
      'https://-x.org',
      'https://example..org',
      'https://example.org.',
      'mailto:alice@example.org',
      '//example.org',
    ];
    for (const website of bad) {
      expectRefusal(await edit(alice, { website }), 'INVALID_INPUT', { field: 'website' });
    }
    const good = [
      'http://example.org',
      'HTTPS://EXAMPLE.ORG:8443/',
      'https://пример.рф/é',
      'https://a.b-c.co.uk/@alice/?q=1&r=[2]#top',
      'https://example.org:65535?x',
      'https://xn--e1afmkfd.xn--p1ai/日本/😀',
    ];
    for (const website of good) {
      expect((await edit(alice, { website })).body.website).to.equal(website);
    }
  });

  it('refuses fields it does not know and values that are none', async () => {
    const alice = await joined();
    const bad: [body: unknown, field: string][] = [
      [{ email: 'x@example.org' }, 'email'],
      [{ is_verified: true }, 'is_verified'],
      [{ user_id: 'user_x' }, 'user_id'],
      [{ username: null }, 'username'],
      [{ username: 'ab' }, 'username'],
      [{ username: 'a..b' }, 'username'],
      [{ username: 'white space' }, 'username'],
      [{ username: 7 }, 'username'],
      [{ is_private: null }, 'is_private'],
      [{ is_private: 'true' }, 'is_private'],
      [{ bio: 'nul\0' }, 'bio'],
      [{ bio: ['x'] }, 'bio'],
      [[], 'body'],
    ];
    for (const [body, field] of bad) {
      expectRefusal(await edit(alice, body), 'INVALID_INPUT', { field });
    }
    expect(await rowOf(alice)).to.eql({
      username: alice.username,
      full_name: null,
      bio: null,
      website: null,
      is_private: false,
    });
  });

  it('happens once under an Idempotency-Key', async () => {
    const alice = await joined();
    const key = { 'Idempotency-Key': 'edit-1' };
    const first = await alice.patch('/v1/users/me', { bio: 'first' }, key);
    await edit(alice, { bio: 'second' });
    const again = await alice.patch('/v1/users/me', { bio: 'first' }, key);
    expect(again.text).to.equal(first.text);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    expect(await rowOf(alice)).to.include({ bio: 'second' });
  });

  it('asks for a token', async () => {
    expectRefusal(await send(w.base, 'PATCH', '/v1/users/me'), 'UNAUTHORIZED');
  });
});
