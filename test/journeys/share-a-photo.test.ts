/** A photo travels from upload to every follower's feed. */
import { expect } from 'chai';
import { asking, at, dataOf, done, imageFile, joinApp, refusalOf, share } from '../tools/app.ts';
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
    const [alice, bob, carol] = [
      await joinApp(w.base, 'alice'),
      await joinApp(w.base, 'bob'),
      await joinApp(w.base, 'carol'),
    ];
    const followed = await dataOf(bob.POST('/v1/users/{user_id}/follow', at({ user_id: alice.userId })));
    expect(followed).to.deep.include({ user_id: alice.userId, is_following: true, follower_count: 1 });
    expect(await dataOf(bob.GET('/v1/feed'))).to.eql({ posts: [], next_cursor: null, has_more: false });
    await using bobHears = await listen(w.base, bob);
    await using aliceHears = await listen(w.base, alice);

    const image = imageFile(await photo({ width: 1200, height: 1600, orientation: 6 }));
    const post = await dataOf(
      alice.POST('/v1/posts', {
        body: {
          image: [image],
          caption: 'Beautiful sunset! #sunset #été',
          location: { name: 'Santa Monica Beach', latitude: 34.0195, longitude: -118.4912 },
          tagged_users: [carol.userId],
          filter: 'clarendon',
          alt_text: 'The sun over the sea',
        },
      }),
    );
    expect(post.aspect_ratio).to.equal(0.75);
    expect(post.blurhash).to.be.a('string').with.length.above(5);
    expect(post.media[0]).to.deep.include({ width: 1200, height: 1600, alt_text: 'The sun over the sea' });
    expect(post.tagged_users.map((user) => user.username)).to.eql(['carol']);

    // The author reads their own write at once; its images answer at once.
    expect((await dataOf(alice.GET('/v1/feed'))).posts[0]?.post_id).to.equal(post.post_id);
    const thumb = await fetch(post.images.thumbnail.replace(w.config.CDN_BASE_URL, w.base));
    expect(thumb.status).to.equal(200);
    expect(thumb.headers.get('content-type')).to.equal('image/jpeg');

    await w.settle();
    const feed = await dataOf(bob.GET('/v1/feed'));
    expect(feed.posts.map((each) => each.post_id)).to.eql([post.post_id]);
    expect(feed.posts[0]).to.deep.include({ caption: post.caption, is_liked: false, like_count: 0 });

    const found = await dataOf(bob.GET('/v1/search', asking({ q: 'sunset', type: 'hashtag' })));
    expect(found.results).to.eql([{ type: 'hashtag', hashtag: { name: 'sunset', post_count: 1 } }]);
    const people = await dataOf(bob.GET('/v1/search', asking({ q: 'ali', type: 'user' })));
    expect(people.results.map((hit) => hit.type === 'user' && hit.user.username)).to.eql(['alice']);

    const { effects } = await dataOf(alice.GET('/v1/posts/{post_id}/status', at({ post_id: post.post_id })));
    expect(effects.map((effect) => effect.name).sort()).to.eql([
      'count-hashtags',
      'count-location',
      'fan-out-post',
      'index-post',
      'make-renditions',
      'notify-tagged',
    ]);
    for (const effect of effects) {
      expect(effect, effect.name).to.deep.include({ state: 'done', percent: 100, attempts: 1 });
    }

    await until('bob hears of the new post', () => bobHears.types().includes('feed.new_post'));
    await until('alice hears that her post is ready', () => aliceHears.types().includes('post.ready'));
  });

  it('takes a deleted post from every feed, the index and the store', async () => {
    const [dora, erin] = [await joinApp(w.base, 'dora'), await joinApp(w.base, 'erin')];
    await dataOf(erin.POST('/v1/users/{user_id}/follow', at({ user_id: '@dora' })));
    const image = await photo({ width: 400, height: 400 });
    const post = await share(dora, image, { caption: 'gone soon #fleeting' });
    await w.settle();
    expect((await dataOf(erin.GET('/v1/feed'))).posts).to.have.length(1);

    const thePost = at({ post_id: post.post_id });
    await done(dora.DELETE('/v1/posts/{post_id}', thePost));
    expect((await dataOf(erin.GET('/v1/feed'))).posts, 'at once').to.eql([]);
    expect((await refusalOf(erin.GET('/v1/posts/{post_id}', thePost))).code).to.equal('NOT_FOUND');
    await w.settle();
    const found = await dataOf(erin.GET('/v1/search', asking({ q: 'fleeting' })));
    expect(found.results).to.eql([]);
    const gone = await fetch(post.images.large.replace(w.config.CDN_BASE_URL, w.base));
    expect(gone.status).to.equal(404);
    // Safe to repeat.
    await done(dora.DELETE('/v1/posts/{post_id}', thePost));
  });
});
