/** One's own posts are in one's feed as soon as they are answered, whatever state the feed is in. */
import { expect } from 'chai';
import { beginBuild } from '../../../shared/feeds/scripts.ts';
import { keys } from '../../../shared/keys.ts';
import type { Client } from '../../tools/client.ts';
import { photo } from '../../tools/photos.ts';
import { type World, world } from '../../tools/world.ts';

describe('one’s own post in GET /v1/feed', () => {
  let w: World;
  let alice: Client;
  let image: Buffer;
  before(async () => {
    // No worker: nothing but the request itself brings the post there.
    w = await world({ serves: [] });
    alice = await w.join('alice');
    image = await photo({ width: 8, height: 8 });
  });
  after(() => w[Symbol.asyncDispose]());

  const expected: string[] = [];
  const upload = async () => expected.unshift((await alice.upload(image)).body.post_id);
  const ids = async () =>
    (await alice.get('/v1/feed')).body.posts.map(({ post_id }: { post_id: string }) => post_id);

  it('is there when nothing is cached', async () => {
    await upload();
    expect(await ids()).to.eql(expected);
  });

  it('is there when the feed is cached', async () => {
    await upload();
    expect(await ids()).to.eql(expected);
  });

  it('is there while the feed is being built, and when it was', async () => {
    const feed = keys.feed(alice.userId);
    await w.tools.feeds.forget(alice.userId);
    await beginBuild(w.tools.cache, [feed], ['somebody', 30]);
    await upload();
    expect(await ids(), 'from Postgres').to.eql(expected);
    expect(await w.tools.cache.zrevrange(feed, 0, 0), 'pushed to what is being built').to.eql([expected[0]]);
    await w.tools.feeds.forget(alice.userId);
    expect(await ids()).to.eql(expected);
  });

  it('is there when its author is one who is not pushed any more', async () => {
    const now = new Date();
    await w.tools.db.updateTable('users').set({ merged_since: now, unpushed_since: now }).execute();
    await upload();
    expect(await ids()).to.eql(expected);
  });

  it('leaves at once when it is archived or deleted, and comes back with its marks', async () => {
    const postId = expected[1] as string;
    await alice.post(`/v1/posts/${postId}/like`);
    await alice.put(`/v1/posts/${postId}`, { is_archived: true });
    expect(await ids()).to.eql(expected.filter((id) => id !== postId));
    await alice.put(`/v1/posts/${postId}`, { is_archived: false });
    const { posts } = (await alice.get('/v1/feed')).body;
    expect([posts[1].post_id, posts[1].is_liked]).to.eql([postId, true]);
    await alice.delete(`/v1/posts/${postId}`);
    expected.splice(1, 1);
    expect(await ids()).to.eql(expected);
  });
});
