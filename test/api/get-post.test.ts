import { expect } from 'chai';
import type { Client } from '../tools/client.ts';
import { send } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('GET /v1/posts/{post_id}', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let path: string;
  let created: Record<string, unknown>;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    bob = await w.join('bob');
    created = (await alice.upload(await photo({ width: 60, height: 60 }), { caption: 'hello' })).body;
    path = `/v1/posts/${created.post_id}`;
  });
  after(() => w[Symbol.asyncDispose]());

  const etag = async (client: Client) => (await client.get(path)).headers.get('etag') as string;

  it('answers 200 with the post, to its author and to others', async () => {
    for (const client of [alice, bob]) {
      const reply = await client.get(path);
      expect(reply.status).to.equal(200);
      expect(reply.body).to.eql(created);
      expect(reply.headers.get('etag')).to.match(/^"v1-[\w-]{12}"$/);
    }
    expect((await bob.get(`${path}/`)).status, 'a slash at the end').to.equal(200);
  });

  it('answers 304 to who has it already', async () => {
    const tag = await etag(bob);
    for (const known of [tag, `W/${tag}`, `"v1-other", ${tag}`, '*']) {
      const reply = await bob.get(path, { 'If-None-Match': known });
      expect(reply.status, known).to.equal(304);
      expect(reply.text).to.equal('');
      expect(reply.headers.get('etag')).to.equal(tag);
      expect(reply.headers.get('x-ratelimit-limit')).to.be.a('string');
    }
    for (const other of ['"v1-other"', 'garbage', '', tag.replaceAll('"', '')]) {
      expect((await bob.get(path, { 'If-None-Match': other })).status, other).to.equal(200);
    }
  });

  it('lets its reply be kept for asking again', async () => {
    expect((await bob.get(path)).headers.get('cache-control')).to.equal('private, no-cache');
  });

  it('has another ETag after a like, of the same version', async () => {
    const before = await etag(bob);
    await bob.post(`${path}/like`);
    const after = await etag(bob);
    expect(after).not.to.equal(before);
    expect(after).to.match(/^"v1-/);
    const reply = await bob.get(path, { 'If-None-Match': before });
    expect(reply.status).to.equal(200);
    expect(reply.body).to.eql({ ...created, is_liked: true, like_count: 1 });
    expect((await alice.get(path)).body).to.eql({ ...created, is_liked: false, like_count: 1 });
    await bob.delete(`${path}/like`);
    expect(await etag(bob), 'and the first one again').to.equal(before);
  });

  it('answers HEAD with the same headers and no body', async () => {
    const head = await send(w.base, 'HEAD', path, undefined, { Authorization: `Bearer ${bob.accessToken}` });
    const get = await bob.get(path);
    expect(head.status).to.equal(200);
    expect(head.text).to.equal('');
    for (const name of ['etag', 'content-length', 'content-type', 'cache-control']) {
      expect(head.headers.get(name), name).to.equal(get.headers.get(name));
    }
  });

  it('answers 404 for an id there is none of, or that cannot be one', async () => {
    const real = String(created.post_id);
    const ids = [
      'post_01j8z3k4m5n6p7q8r9s0t1v2w3',
      real.toUpperCase(),
      `${real}x`,
      real.slice(0, -1),
      real.replace('post_', 'user_'),
      'post_',
      '1',
      '0',
      '-1',
      'null',
      "x' OR 1=1 --",
      'nul\0',
      `${real}\0`,
      '😀',
      'ünïcödé',
      '\ud800',
      '../users/me',
      '..%2f..%2fetc%2fpasswd',
      'a/b',
      ' ',
      `post_${'0'.repeat(5_000)}`,
    ];
    for (const id of ids) {
      const reply = await bob.get(`/v1/posts/${encodeURIComponent(id.toWellFormed())}`);
      expect(reply.status, `${id}: ${reply.text}`).to.equal(404);
      expectRefusal(reply, 'NOT_FOUND', {
        field: 'post_id',
        message: 'Post not found',
        reason: /does not exist$/,
      });
    }
    const [id] = ids as [string];
    expectRefusal(await bob.get(`/v1/posts/${id}`), 'NOT_FOUND', {
      field: 'post_id',
      message: 'Post not found',
      reason: `Post '${id}' does not exist`,
    });
  });

  it('asks for a token', async () => {
    expectRefusal(await send(w.base, 'GET', path), 'UNAUTHORIZED');
  });

  it('shows a post of a private account to its followers alone', async () => {
    const carol = await w.join('carol');
    const post = (await carol.upload(await photo({ width: 60, height: 60 }))).body;
    await w.tools.db.updateTable('users').set({ is_private: true }).where('username', '=', 'carol').execute();
    await w.tools.profiles.forget(carol.userId);
    expect((await carol.get(`/v1/posts/${post.post_id}`)).status).to.equal(200);
    const unseen = await bob.get(`/v1/posts/${post.post_id}`);
    expectRefusal(unseen, 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
    await bob.post(`/v1/users/${carol.userId}/follow`);
    expect((await bob.get(`/v1/posts/${post.post_id}`)).status, 'only asked').to.equal(404);
    await carol.post(`/v1/users/me/follow-requests/${bob.userId}`);
    expect((await bob.get(`/v1/posts/${post.post_id}`)).status).to.equal(200);
    await bob.delete(`/v1/users/${carol.userId}/follow`);
    expect((await bob.get(`/v1/posts/${post.post_id}`)).status).to.equal(404);
  });
});
