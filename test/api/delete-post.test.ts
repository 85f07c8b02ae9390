import { expect } from 'chai';
import { type Client, send } from '../tools/client.ts';
import { effectsOn } from '../tools/owed.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('DELETE /v1/posts/{post_id}', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let image: Buffer;
  before(async () => {
    w = await world();
    alice = await w.join('alice');
    bob = await w.join('bob');
    await bob.post('/v1/users/@alice/follow');
    image = await photo({ width: 60, height: 60 });
  });
  after(() => w[Symbol.asyncDispose]());

  const upload = async (fields: Record<string, unknown> = {}) => {
    const { body } = await alice.upload(image, fields);
    return { postId: body.post_id as string, path: `/v1/posts/${body.post_id}` };
  };
  const ids = async (client: Client, list: string) =>
    (await client.get(list)).body.posts.map((each: { post_id: string }) => each.post_id) as string[];

  it('answers 204 and takes the post from every read at once', async () => {
    const { postId, path } = await upload({ caption: 'gone soon' });
    await w.settle();
    const profile = `/v1/users/${alice.userId}/posts`;
    for (const list of ['/v1/feed', profile]) expect(await ids(bob, list)).to.include(postId);
    const count = (await bob.get('/v1/users/@alice')).body.post_count;

    const reply = await alice.delete(path);
    expect(reply.status).to.equal(204);
    expect(reply.text).to.equal('');
    for (const client of [alice, bob]) {
      for (const list of ['/v1/feed', profile]) expect(await ids(client, list)).not.to.include(postId);
      const gone = await client.get(path);
      expectRefusal(gone, 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
      expect((await client.get('/v1/users/@alice')).body.post_count).to.equal(count - 1);
    }
  });

  it('leaves no row, no file and no count behind once its jobs are done', async () => {
    const { postId, path } = await upload({ caption: '#fleeting', tagged_users: [bob.userId] });
    await bob.post(`${path}/like`);
    await w.settle();
    const prefix = `p/${postId.slice('post_'.length)}`;
    expect(await w.tools.images.stat(`${prefix}/large.jpg`)).not.to.equal(undefined);
    await alice.delete(path);
    expect(
      (await effectsOn(w.tools, postId)).filter(({ event }) => event === 'postDeleted').map(({ job }) => job),
    ).to.eql(['drop-from-feeds', 'index-post', 'refresh-post', 'remove-images']);
    await w.settle();
    for (const { event, job, state } of await effectsOn(w.tools, postId)) {
      if (event === 'postDeleted') expect(state, job).to.equal('done');
    }
    const { db, images } = w.tools;
    expect(await db.selectFrom('posts').select('id').where('post_id', '=', postId).execute()).to.eql([]);
    for (const table of ['post_images', 'post_tags', 'likes', 'post_hashtags', 'count_deltas'] as const) {
      expect(await db.selectFrom(table).selectAll().execute(), table).to.eql([]);
    }
    const tag = await db.selectFrom('hashtags').selectAll().where('name', '=', 'fleeting').execute();
    expect(tag.map((row) => row.post_count)).to.eql([0]);
    expect(await images.stat(`${prefix}/large.jpg`)).to.equal(undefined);
    expect(await images.stat(`originals/${postId.slice('post_'.length)}/1.jpg`)).to.equal(undefined);
  });

  it('is safe to repeat, for its author alone', async () => {
    const { path } = await upload();
    await alice.delete(path);
    const count = (await alice.get('/v1/users/me')).body.post_count;
    expect((await alice.delete(path)).status).to.equal(204);
    expect((await alice.get('/v1/users/me')).body.post_count, 'counted once').to.equal(count);
    expectRefusal(await bob.delete(path), 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
  });

  it('counts a post once when two deletes race', async () => {
    const { path } = await upload();
    const count = (await alice.get('/v1/users/me')).body.post_count;
    const replies = await Promise.all([alice.delete(path), alice.delete(path), alice.delete(path)]);
    expect(replies.map(({ status }) => status)).to.eql([204, 204, 204]);
    expect((await alice.get('/v1/users/me')).body.post_count).to.equal(count - 1);
  });

  it('does not count an archived post twice', async () => {
    const { path } = await upload();
    await alice.put(path, { is_archived: true });
    const count = (await alice.get('/v1/users/me')).body.post_count;
    expect((await alice.delete(path)).status).to.equal(204);
    expect((await alice.get('/v1/users/me')).body.post_count).to.equal(count);
  });

  it('refuses who is not the author', async () => {
    const { path } = await upload();
    const reply = await bob.delete(path);
    expectRefusal(reply, 'FORBIDDEN', { field: 'post_id', reason: 'Only its author may delete a post' });
    expectRefusal(await send(w.base, 'DELETE', path), 'UNAUTHORIZED');
    expect((await bob.get(path)).status).to.equal(200);
    await alice.put(path, { is_archived: true });
    expect((await bob.delete(path)).status, 'what bob may not know of').to.equal(404);
  });

  it('answers 404 for a post there is none of', async () => {
    for (const id of ['post_01j8z3k4m5n6p7q8r9s0t1v2w3', '%00', 'x', '..%2f..']) {
      const reply = await alice.delete(`/v1/posts/${id}`);
      expectRefusal(reply, 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
    }
  });
});
