import { expect } from 'chai';
import { encodeCursor } from '../../api/cursor.ts';
import { type Client, send } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('GET /v1/users/{user_id}/posts', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let image: Buffer;
  /** Newest first. */
  const ids: string[] = [];
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    bob = await w.join('bob');
    image = await photo({ width: 60, height: 60 });
    for (let n = 0; n < 5; n += 1) ids.unshift((await alice.upload(image)).body.post_id);
  });
  after(() => w[Symbol.asyncDispose]());

  const list = (query = '', who = bob, whom = alice.userId) => who.get(`/v1/users/${whom}/posts${query}`);
  const idsOf = (body: { posts: { post_id: string }[] }) => body.posts.map((post) => post.post_id);

  it('answers 200 with the posts, newest first, as the viewer sees them', async () => {
    await bob.post(`/v1/posts/${ids[1]}/like`);
    const { status, body } = await list();
    expect(status).to.equal(200);
    expect(Object.keys(body)).to.eql(['posts', 'next_cursor', 'has_more']);
    expect(idsOf(body)).to.eql(ids);
    expect([body.next_cursor, body.has_more]).to.eql([null, false]);
    expect(body.posts[1]).to.eql((await bob.get(`/v1/posts/${ids[1]}`)).body);
    expect(body.posts[1].is_liked).to.equal(true);
    expect((await list('', alice)).body.posts[1].is_liked).to.equal(false);
    expect(idsOf((await list('', bob, '@alice')).body)).to.eql(ids);
    expect(idsOf((await alice.get('/v1/users/me/posts')).body)).to.eql(ids);
    expect((await bob.get('/v1/users/me/posts')).body).to.eql({
      posts: [],
      next_cursor: null,
      has_more: false,
    });
  });

  it('pages through all of them with any limit', async () => {
    for (const limit of [1, 2, 3, 4, 5, 6]) {
      const seen: string[] = [];
      let query = `?limit=${limit}`;
      for (;;) {
        const { body } = await list(query);
        seen.push(...idsOf(body));
        expect(body.has_more).to.equal(body.next_cursor !== null);
        if (!body.next_cursor) break;
        expect(body.posts).to.have.length(limit);
        query = `?limit=${limit}&cursor=${body.next_cursor}`;
      }
      expect(seen, `limit ${limit}`).to.eql(ids);
    }
  });

  it('neither repeats nor skips a post while others are written, deleted and archived', async () => {
    const carol = await w.join('carol');
    const hers: string[] = [];
    for (let n = 0; n < 6; n += 1) hers.unshift((await carol.upload(image)).body.post_id);
    const first = (await list('?limit=2', bob, carol.userId)).body;
    await carol.upload(image);
    await carol.delete(`/v1/posts/${hers[1]}`);
    await carol.delete(`/v1/posts/${hers[2]}`);
    await carol.put(`/v1/posts/${hers[3]}`, { is_archived: true });
    const second = (await list(`?limit=2&cursor=${first.next_cursor}`, bob, carol.userId)).body;
    expect([...idsOf(first), ...idsOf(second)]).to.eql([hers[0], hers[1], hers[4], hers[5]]);
    expect([second.next_cursor, second.has_more]).to.eql([null, false]);
  });

  it('refuses a limit that is none', async () => {
    for (const limit of ['0', '101', '-1', 'abc', '1.5', '', 'NaN', '1e3', '1&limit=2']) {
      expectRefusal(await list(`?limit=${limit}`), 'INVALID_INPUT', { field: 'limit' });
    }
    for (const limit of ['1', '100', '20']) expect((await list(`?limit=${limit}`)).status).to.equal(200);
  });

  it('refuses a cursor that is none of this list', async () => {
    const foreign = (await alice.get('/v1/feed?limit=1')).body.next_cursor;
    const bad = [
      'garbage',
      '',
      '%00',
      foreign,
      encodeCursor('user-posts', []),
      encodeCursor('user-posts', [7]),
      encodeCursor('user-posts', ['nul\0']),
      encodeCursor('user-posts', ['post_x']),
      encodeCursor('user-posts', [ids[0] as string, 'more']),
      Buffer.from('[1]').toString('base64url'),
      'x'.repeat(1_001),
    ];
    for (const cursor of bad) {
      expectRefusal(await list(`?cursor=${cursor}`), 'INVALID_INPUT', { field: 'cursor' });
    }
  });

  it('shows a private account to its followers alone', async () => {
    const dora = await w.join('dora');
    await dora.upload(image);
    await w.tools.db.updateTable('users').set({ is_private: true }).where('username', '=', 'dora').execute();
    await w.tools.profiles.forget(dora.userId);
    expect((await list('', dora, dora.userId)).body.posts).to.have.length(1);
    expectRefusal(await list('', bob, dora.userId), 'FORBIDDEN', {
      field: 'user_id',
      reason: 'This account is private',
    });
    await bob.post(`/v1/users/${dora.userId}/follow`);
    expect((await list('', bob, dora.userId)).status, 'only asked').to.equal(403);
    await dora.post(`/v1/users/me/follow-requests/${bob.userId}`);
    expect((await list('', bob, dora.userId)).body.posts).to.have.length(1);
  });

  it('shows nothing across a block', async () => {
    const [erin, frank] = [await w.join('erin'), await w.join('frank')];
    await erin.upload(image);
    await erin.post(`/v1/users/${frank.userId}/block`);
    expectRefusal(await list('', frank, erin.userId), 'NOT_FOUND', {
      field: 'user_id',
      message: 'User not found',
    });
    expectRefusal(await list('', erin, frank.userId), 'FORBIDDEN', {
      field: 'user_id',
      reason: 'You blocked this account; lift the block to see it',
    });
    await erin.delete(`/v1/users/${frank.userId}/block`);
    expect((await list('', frank, erin.userId)).body.posts).to.have.length(1);
  });

  it('answers 404 for a user there is none of', async () => {
    for (const name of ['user_01j8z3k4m5n6p7q8r9s0t1v2w3', '@nobody', '%00']) {
      expectRefusal(await list('', bob, name), 'NOT_FOUND', { field: 'user_id', message: 'User not found' });
    }
    expectRefusal(await send(w.base, 'GET', `/v1/users/${alice.userId}/posts`), 'UNAUTHORIZED');
  });
});
