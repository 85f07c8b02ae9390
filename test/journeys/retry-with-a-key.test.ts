/** A client whose replies get lost sends the same write again, and it happens once. */
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { appOf, imageFile } from '../tools/app.ts';
import type { Client } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { type World, world } from '../tools/world.ts';

describe('retrying with the same Idempotency-Key', () => {
  let w: World;
  let alice: Client;
  let image: Uint8Array;
  before(async () => {
    w = await world();
    alice = await w.join('alice');
    image = await photo({ width: 300, height: 200 });
  });
  after(() => w[Symbol.asyncDispose]());

  const withKey = () => ({ 'Idempotency-Key': randomUUID() });
  const postCount = async () => (await alice.get('/v1/users/me')).body.post_count as number;

  it('answers the same and posts once', async () => {
    const before = await postCount();
    const app = appOf(w.base, alice);
    const params = { header: withKey() };
    const send = () =>
      app.POST('/v1/posts', { params, body: { image: [imageFile(image)], caption: 'once' } });
    const [first, second] = [await send(), await send()];
    expect(first.response.status).to.equal(201);
    expect(second.response.status).to.equal(201);
    expect(second.data).to.eql(first.data);
    const header = (name: string) => [first, second].map(({ response }) => response.headers.get(name));
    expect(header('etag')[0]).to.equal(header('etag')[1]);
    expect(header('idempotent-replayed')).to.eql([null, 'true']);
    expect(await postCount()).to.equal(before + 1);
  });

  it('answers from Postgres when Redis has lost the outcome', async () => {
    const key = withKey();
    const first = await alice.upload(image, { caption: 'kept' }, key);
    await w.tools.cache.flushdb();
    const second = await alice.upload(image, { caption: 'kept' }, key);
    expect(second.text).to.equal(first.text);
    expect(second.headers.get('idempotent-replayed')).to.equal('true');
  });

  it('refuses the key for another request', async () => {
    const key = withKey();
    await alice.upload(image, { caption: 'one' }, key);
    const otherText = await alice.upload(image, { caption: 'two' }, key);
    expect(otherText.status).to.equal(422);
    expect(otherText.body.error).to.deep.include({ code: 'UNPROCESSABLE' });
    expect(otherText.body.error.details.field).to.equal('Idempotency-Key');
    const otherImage = await alice.upload(await photo({ width: 301, height: 200 }), { caption: 'one' }, key);
    expect(otherImage.status).to.equal(422);
  });

  it('posts once when two requests race', async () => {
    const key = withKey();
    const before = await postCount();
    const replies = await Promise.all([1, 2, 3].map(() => alice.upload(image, { caption: 'race' }, key)));
    const statuses = replies.map((reply) => reply.status).sort();
    expect(statuses[0]).to.equal(201);
    for (const reply of replies.filter(({ status }) => status !== 201)) {
      expect(reply.status).to.equal(409);
      expect(reply.body.error.code).to.equal('CONFLICT');
      expect(Number(reply.headers.get('retry-after'))).to.be.at.least(1);
    }
    expect(await postCount()).to.equal(before + 1);
  });

  it('keeps no error: the corrected request goes through', async () => {
    const key = withKey();
    const missing = await alice.post('/v1/posts/post_01j8z3k4m5n6p7q8r9s0t1v2w3/like', undefined, key);
    expect(missing.status).to.equal(404);
    const again = await alice.post('/v1/posts/post_01j8z3k4m5n6p7q8r9s0t1v2w3/like', undefined, key);
    expect(again.status).to.equal(404);
    expect(again.headers.get('idempotent-replayed')).to.equal(null);
  });

  it('is scoped: another user, method or path with the same key is another request', async () => {
    const key = withKey();
    const bob = await w.join('bob');
    const post = (await alice.upload(image, { caption: 'scoped' }, key)).body;
    const other = await bob.upload(image, { caption: 'scoped' }, key);
    expect(other.status).to.equal(201);
    expect(other.body.post_id).not.to.equal(post.post_id);
    const liked = await bob.post(`/v1/posts/${post.post_id}/like`, undefined, key);
    expect(liked.body).to.deep.include({ is_liked: true, like_count: 1 });
    const unliked = await bob.delete(`/v1/posts/${post.post_id}/like`, key);
    expect(unliked.body).to.deep.include({ is_liked: false, like_count: 0 });
  });

  it('refuses a key that is none', async () => {
    for (const bad of ['with space', 'x'.repeat(256), '']) {
      const reply = await alice.post('/v1/posts/x/like', undefined, { 'Idempotency-Key': bad });
      expect(reply.status, bad).to.equal(400);
      expect(reply.body.error.details.field).to.equal('Idempotency-Key');
    }
  });
});
