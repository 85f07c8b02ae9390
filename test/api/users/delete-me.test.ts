import { join } from 'node:path';
import { expect } from 'chai';
import { startServer } from '../../../api/server.ts';
import { openApiTools } from '../../../api/tools.ts';
import { newId } from '../../../shared/ids.ts';
import { removeAccount } from '../../../workers/handlers/remove-account.ts';
import { appOf } from '../../tools/app.ts';
import { Authenticator } from '../../tools/authenticator.ts';
import { type Client, clientOf, passwordOf, photoForm, send } from '../../tools/client.ts';
import { waitsForLock } from '../../tools/conversation.ts';
import { filesBelow } from '../../tools/files.ts';
import { listen } from '../../tools/listen.ts';
import { effectsOn } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { sightings } from '../../tools/sightings.ts';
import { storyOf } from '../../tools/stories.ts';
import { freePort, until, type World, world } from '../../tools/world.ts';

const json = { 'Content-Type': 'application/json' };

describe('DELETE /v1/users/me', () => {
  let w: World;
  let image: Buffer;
  before(async () => {
    // Nothing here waits for a job: an account is gone as soon as the reply is there.
    w = await world({ serves: [] });
    image = await photo({ width: 60, height: 60 });
  });
  after(() => w[Symbol.asyncDispose]());

  const leave = (who: Client, headers?: Record<string, string>) =>
    who.delete('/v1/users/me', headers, { password: passwordOf(who) });
  const login = (name: string, password = `${name} has a password`) =>
    send(w.base, 'POST', '/v1/auth/login', JSON.stringify({ login: name, password }), json);
  const rowOf = (who: Client) =>
    w.tools.db.selectFrom('users').selectAll().where('user_id', '=', who.userId).executeTakeFirstOrThrow();

  it('answers 204, and nobody finds the account or anything of it from the next request on', async () => {
    const [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await w.join('carol')];
    for (const who of [bob, carol]) await who.post(`/v1/users/${alice.userId}/follow`);
    await alice.post(`/v1/users/${bob.userId}/follow`);
    await alice.form('PUT', '/v1/users/me/avatar', photoForm(image));
    const post = (await alice.upload(image, { caption: 'Here #harbour' })).body;
    const bobs = (await bob.upload(image, { tagged_users: [alice.userId] })).body.post_id;
    const storyId = await storyOf(alice);
    const commentId = (await alice.post(`/v1/posts/${bobs}/comment`, { text: 'Nice' })).body.comment_id;
    const picture = (await alice.get('/v1/users/me')).body.profile_pic_url.replace(
      w.config.CDN_BASE_URL,
      w.base,
    );
    const sought = { postId: post.post_id, authorId: alice.userId, word: 'harbour' };
    // What bob's process and Redis hold of alice now must not be shown later.
    expect(await sightings(appOf(w.base, bob), sought)).to.include.members(['feed', 'profile', 'post']);
    await bob.get(`/v1/posts/${bobs}`);
    await bob.get('/v1/stories');

    const left = await leave(alice);
    expect(left.status, left.text).to.equal(204);

    expect(await sightings(appOf(w.base, bob), sought)).to.eql([]);
    for (const name of [alice.userId, '@alice']) {
      expect((await bob.get(`/v1/users/${name}`)).status, name).to.equal(404);
    }
    const shown = await Promise.all([
      bob.get(`/v1/posts/${bobs}`),
      bob.get('/v1/feed'),
      bob.get(`/v1/posts/${bobs}/comments`),
      bob.get('/v1/stories'),
      bob.get(`/v1/users/${bob.userId}/followers`),
      carol.get(`/v1/users/${carol.userId}/following`),
      bob.get('/v1/search?q=alice'),
      bob.get('/v1/notifications'),
    ]);
    for (const { status, text } of shown) {
      expect(status, text).to.equal(200);
      expect(text).not.to.contain(alice.userId).and.not.to.contain(storyId);
    }
    expect((await bob.get(`/v1/comments/${commentId}/replies`)).status).to.equal(404);
    expect((await fetch(picture)).status).to.equal(404);
    const large = post.images.large.replace(w.config.CDN_BASE_URL, w.base);
    expect((await fetch(large)).status).to.equal(404);
    expect((await bob.post(`/v1/users/${alice.userId}/follow`)).status).to.equal(404);
  });

  it('ends all sessions at once, on every process, with their sockets', async () => {
    const dora = await w.join('dora');
    const signedIn = (await login('dora')).body;
    const phone = clientOf(w.base, {
      ...dora,
      accessToken: signedIn.access_token,
      refreshToken: signedIn.refresh_token,
    });
    const otherTools = await openApiTools({ ...w.config, PORT: await freePort() });
    const other = await startServer(otherTools, { checkReplies: true });
    try {
      const elsewhere = `http://127.0.0.1:${other.port}`;
      const there = clientOf(elsewhere, phone);
      expect((await there.get('/v1/users/me')).status).to.equal(200);
      await using here = await listen(w.base, dora);
      await using far = await listen(elsewhere, phone);
      expect((await leave(dora)).status).to.equal(204);
      expect((await there.get('/v1/users/me')).status).to.equal(401);
      expect((await dora.get('/v1/users/me')).status).to.equal(401);
      expect(await Promise.all([here.closed, far.closed])).to.eql([4401, 4401]);
      for (const { refreshToken } of [dora, phone]) {
        const body = JSON.stringify({ refresh_token: refreshToken });
        expect((await send(w.base, 'POST', '/v1/auth/refresh', body, json)).status).to.equal(401);
      }
    } finally {
      await other.stop();
      await otherTools.stop();
    }
  });

  it('lets go of the name and the address at once, and of what says who it was', async () => {
    const erin = await w.join('erin');
    await erin.patch('/v1/users/me', { full_name: 'Erin', bio: 'x', website: 'https://example.org' });
    const options = (await erin.post('/v1/auth/passkeys/options', { password: passwordOf(erin) })).body;
    const device = new Authenticator();
    const response = device.create(options, { origin: w.config.PUBLIC_URL });
    expect((await erin.post('/v1/auth/passkeys', { response })).status).to.equal(201);
    await leave(erin);
    const row = await rowOf(erin);
    expect(row).to.include({ username: `deleted-${row.id}`, full_name: null, bio: null, website: null });
    expect(row.deleted_at).to.be.instanceOf(Date);
    expect((await login('erin')).status).to.equal(401);
    expect((await login(`deleted-${row.id}`, 'erin has a password')).status).to.equal(401);
    const assertion = device.get((await send(w.base, 'POST', '/v1/auth/passkeys/login/options')).body, {
      origin: w.config.PUBLIC_URL,
    });
    const tried = JSON.stringify({ response: assertion });
    expect((await send(w.base, 'POST', '/v1/auth/passkeys/login', tried, json)).status).to.equal(401);
    const again = await w.join('erin');
    expect(again.userId).not.to.equal(erin.userId);
    expect((await again.get(`/v1/users/${row.user_id}`)).status).to.equal(404);
  });

  it('owes what removes the rest', async () => {
    const finn = await w.join('finn');
    const left = await leave(finn);
    const owed = (await effectsOn(w.tools, finn.userId)).filter(({ event }) => event === 'accountDeleted');
    expect(owed.map(({ job }) => job)).to.eql(['index-user', 'refresh-user', 'remove-account']);
    const payload = { userId: finn.userId, requestId: left.headers.get('x-request-id') };
    for (const effect of owed) expect(effect).to.deep.include({ state: 'pending', payload });
  });

  it('refuses a password that is not the right one, and leaves everything as it is', async () => {
    const gina = await w.join('gina');
    const refused = (body: unknown) => gina.delete('/v1/users/me', undefined, body);
    expectRefusal(await refused({ password: 'not the password' }), 'FORBIDDEN', { field: 'password' });
    expectRefusal(await refused({}), 'INVALID_INPUT', { field: 'password' });
    expectRefusal(await gina.delete('/v1/users/me'), 'INVALID_INPUT', { field: 'password' });
    expectRefusal(await refused({ password: 7 }), 'INVALID_INPUT', { field: 'password' });
    expectRefusal(await refused({ password: 'a\0b' }), 'INVALID_INPUT', { field: 'password' });
    expectRefusal(await refused({ password: passwordOf(gina), really: true }), 'INVALID_INPUT', {
      field: 'really',
    });
    expectRefusal(await send(w.base, 'DELETE', '/v1/users/me'), 'UNAUTHORIZED');
    expect((await gina.get('/v1/users/me')).body.username).to.equal('gina');
    expect((await rowOf(gina)).deleted_at).to.equal(null);
  });

  it('answers 401 to whoever sends it again: the session is over', async () => {
    const hugo = await w.join('hugo');
    const key = { 'Idempotency-Key': newId('event') };
    expect((await leave(hugo, key)).status).to.equal(204);
    expectRefusal(await leave(hugo, key), 'UNAUTHORIZED', { field: 'Authorization' });
  });

  it('happens once to two requests at once', async () => {
    const ida = await w.join('ida');
    const replies = await Promise.all([leave(ida), leave(ida), leave(ida)]);
    const statuses = replies.map(({ status }) => status).sort();
    expect(statuses[0]).to.equal(204);
    for (const status of statuses.slice(1)) expect(status).to.be.oneOf([401, 403]);
    const owed = await effectsOn(w.tools, ida.userId);
    expect(owed.filter(({ job }) => job === 'remove-account')).to.have.length(1);
  });

  it('answers 401 to a write that was under way, and keeps nothing of it', async () => {
    const { db } = w.tools;
    const jack = await w.join('jack');
    const originals = () => filesBelow(join(w.config.DATA_DIR, 'images', 'objects', 'originals'));
    const before = await originals();
    const held = Promise.withResolvers<void>();
    const place = { name: 'A quay', latitude: 1, longitude: 2 };
    const holding = db.transaction().execute(async (tx) => {
      const row = { location_id: newId('loc'), name: place.name, lat: 1, lng: 2 };
      await tx.insertInto('locations').values(row).execute();
      await held.promise;
    });
    const upload = jack.upload(image, { location: place });
    await until('the upload waits', () => waitsForLock(w, 'INSERT INTO locations'));
    expect((await leave(jack)).status).to.equal(204);
    await removeAccount({ userId: jack.userId }, { tools: w.tools, signal: new AbortController().signal });
    held.resolve();
    await holding;
    expectRefusal(await upload, 'UNAUTHORIZED');
    expect(await originals(), 'no file of it is left').to.eql(before);
  });
});
