/** A client whose replies get lost sends the same write again, and it happens once. */
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { type App, at, dataOf, imageFile, joinApp, refusalOf } from '../tools/app.ts';
import { photo } from '../tools/photos.ts';
import { emptyRedis } from '../tools/redis.ts';
import { type World, world } from '../tools/world.ts';

describe('retrying with the same Idempotency-Key', () => {
  let w: World;
  let alice: App;
  let image: Uint8Array;
  before(async () => {
    w = await world();
    alice = await joinApp(w.base, 'alice');
    image = await photo({ width: 300, height: 200 });
  });
  after(() => w[Symbol.asyncDispose]());

  type Keyed = { header: { 'Idempotency-Key': string } };
  const newKey = (): Keyed => ({ header: { 'Idempotency-Key': randomUUID() } });
  const post = (who: App, caption: string, params: Keyed, bytes = image) =>
    who.POST('/v1/posts', { params, body: { image: [imageFile(bytes)], caption } });
  const postCount = async () => (await dataOf(alice.GET('/v1/users/me'))).post_count;
  const replayed = ({ response }: { response: Response }) => response.headers.get('idempotent-replayed');

  it('answers the same and posts once', async () => {
    const before = await postCount();
    const key = newKey();
    const [first, second] = [await post(alice, 'once', key), await post(alice, 'once', key)];
    expect(first.response.status).to.equal(201);
    expect(second.response.status).to.equal(201);
    expect(second.data).to.eql(first.data);
    expect(second.response.headers.get('etag')).to.equal(first.response.headers.get('etag'));
    expect([first, second].map(replayed)).to.eql([null, 'true']);
    expect(await postCount()).to.equal(before + 1);
  });

  it('answers from Postgres when Redis has lost the outcome', async () => {
    const key = newKey();
    const first = await post(alice, 'kept', key);
    await emptyRedis(w.tools.cache);
    const second = await post(alice, 'kept', key);
    // In the same order, too: it is the same text.
    expect(JSON.stringify(second.data)).to.equal(JSON.stringify(first.data)).and.to.contain('"kept"');
    expect(replayed(second)).to.equal('true');
  });

  it('refuses the key for another request', async () => {
    const key = newKey();
    await dataOf(post(alice, 'one', key));
    const otherText = await refusalOf(post(alice, 'two', key));
    expect(otherText).to.include({ status: 422, code: 'UNPROCESSABLE' });
    expect(otherText.details?.field).to.equal('Idempotency-Key');
    const otherImage = await refusalOf(post(alice, 'one', key, await photo({ width: 301, height: 200 })));
    expect(otherImage.status).to.equal(422);
  });

  it('posts once when two requests race', async () => {
    const key = newKey();
    const before = await postCount();
    const replies = await Promise.all([1, 2, 3].map(() => post(alice, 'race', key)));
    const statuses = replies.map(({ response }) => response.status).sort();
    expect(statuses[0]).to.equal(201);
    for (const { error, response } of replies.filter((reply) => reply.response.status !== 201)) {
      expect(response.status).to.equal(409);
      expect(error?.error.code).to.equal('CONFLICT');
      expect(Number(response.headers.get('retry-after'))).to.be.at.least(1);
    }
    expect(await postCount()).to.equal(before + 1);
  });

  const likeOf = (postId: string, { header }: Keyed) => ({
    params: { ...at({ post_id: postId }).params, header },
  });

  it('keeps no error: the corrected request goes through', async () => {
    const missing = likeOf('post_01j8z3k4m5n6p7q8r9s0t1v2w3', newKey());
    expect((await alice.POST('/v1/posts/{post_id}/like', missing)).response.status).to.equal(404);
    const again = await alice.POST('/v1/posts/{post_id}/like', missing);
    expect(again.response.status).to.equal(404);
    expect(replayed(again)).to.equal(null);
  });

  it('is scoped: another user, method or path with the same key is another request', async () => {
    const key = newKey();
    const bob = await joinApp(w.base, 'bob');
    const hers = await dataOf(post(alice, 'scoped', key));
    const his = await dataOf(post(bob, 'scoped', key));
    expect(his.post_id).not.to.equal(hers.post_id);
    const like = likeOf(hers.post_id, key);
    const liked = await dataOf(bob.POST('/v1/posts/{post_id}/like', like));
    expect(liked).to.include({ is_liked: true, like_count: 1 });
    const unliked = await dataOf(bob.DELETE('/v1/posts/{post_id}/like', like));
    expect(unliked).to.include({ is_liked: false, like_count: 0 });
  });

  it('refuses a key that is none', async () => {
    for (const bad of ['with space', 'x'.repeat(256), '']) {
      const params = likeOf('x', { header: { 'Idempotency-Key': bad } });
      const refusal = await refusalOf(alice.POST('/v1/posts/{post_id}/like', params));
      expect(refusal.status, bad).to.equal(400);
      expect(refusal.details?.field).to.equal('Idempotency-Key');
    }
  });
});
