/** A photo travels from upload to every follower's feed. */
import { expect } from 'chai';
import { listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { until, type World, world } from '../tools/world.ts';

describe('sharing a photo', () => {
  let w: World;
  before(async () => {
    w = await world();
  });
  after(() => w[Symbol.asyncDispose]());

  it('reaches the followers: resized, indexed, counted, told live', async () => {
    const alice = await w.join('alice');
    const bob = await w.join('bob');
    const carol = await w.join('carol');
    const followed = await bob.post(`/v1/users/${alice.userId}/follow`);
    expect(followed.body).to.deep.include({ user_id: alice.userId, is_following: true, follower_count: 1 });
    expect((await bob.get('/v1/feed')).body).to.eql({ posts: [], next_cursor: null, has_more: false });
    await using bobHears = await listen(w.base, bob);
    await using aliceHears = await listen(w.base, alice);

    const image = await photo({ width: 1200, height: 1600, orientation: 6 });
    const created = await alice.upload(image, {
      caption: 'Beautiful sunset! #sunset #été',
      location: { name: 'Santa Monica Beach', latitude: 34.0195, longitude: -118.4912 },
      tagged_users: [carol.userId],
      filter: 'clarendon',
      alt_text: 'The sun over the sea',
    });
    expect(created.status, created.text).to.equal(201);
    const post = created.body;
    expect(post.aspect_ratio).to.equal(0.75);
    expect(post.blurhash).to.be.a('string').with.length.above(5);
    expect(post.media[0]).to.deep.include({ width: 1200, height: 1600, alt_text: 'The sun over the sea' });
    expect(post.tagged_users.map((user: { username: string }) => user.username)).to.eql(['carol']);

    // The author reads their own write at once; its images answer at once.
    expect((await alice.get('/v1/feed')).body.posts[0].post_id).to.equal(post.post_id);
    const thumb = await fetch(post.images.thumbnail.replace(w.config.CDN_BASE_URL, w.base));
    expect(thumb.status).to.equal(200);
    expect(thumb.headers.get('content-type')).to.equal('image/jpeg');

    await w.settle();
    const feed = (await bob.get('/v1/feed')).body;
    expect(feed.posts.map((each: { post_id: string }) => each.post_id)).to.eql([post.post_id]);
    expect(feed.posts[0]).to.deep.include({ caption: post.caption, is_liked: false, like_count: 0 });

    const found = (await bob.get('/v1/search?q=sunset&type=hashtag')).body.results;
    expect(found).to.eql([{ type: 'hashtag', hashtag: { name: 'sunset', post_count: 1 } }]);
    const people = (await bob.get('/v1/search?q=ali&type=user')).body.results;
    expect(people[0].user.username).to.equal('alice');

    const receipt = (await alice.get(`/v1/posts/${post.post_id}/status`)).body;
    expect(receipt.effects.map((effect: { name: string }) => effect.name).sort()).to.eql([
      'count-hashtags',
      'fan-out-post',
      'index-post',
      'make-renditions',
      'notify-tagged',
    ]);
    for (const effect of receipt.effects) {
      expect(effect, effect.name).to.deep.include({ state: 'done', percent: 100, attempts: 1 });
    }

    await until('bob hears of the new post', () => bobHears.types().includes('feed.new_post'));
    await until('alice hears that her post is ready', () => aliceHears.types().includes('post.ready'));
  });

  it('takes a deleted post from every feed, the index and the store', async () => {
    const dora = await w.join('dora');
    const erin = await w.join('erin');
    await erin.post('/v1/users/@dora/follow');
    const post = (
      await dora.upload(await photo({ width: 400, height: 400 }), { caption: 'gone soon #fleeting' })
    ).body;
    await w.settle();
    expect((await erin.get('/v1/feed')).body.posts).to.have.length(1);

    expect((await dora.delete(`/v1/posts/${post.post_id}`)).status).to.equal(204);
    expect((await erin.get('/v1/feed')).body.posts, 'at once').to.eql([]);
    expect((await erin.get(`/v1/posts/${post.post_id}`)).status).to.equal(404);
    await w.settle();
    expect((await erin.get('/v1/search?q=fleeting')).body.results).to.eql([]);
    const image = await fetch(post.images.large.replace(w.config.CDN_BASE_URL, w.base));
    expect(image.status).to.equal(404);
    expect((await dora.delete(`/v1/posts/${post.post_id}`)).status, 'safe to repeat').to.equal(204);
  });
});
