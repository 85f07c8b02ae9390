/** Somebody new looks around: places, what is popular, who follows whom, and why a post is where it is. */
import { expect } from 'chai';
import { type App, asking, at, dataOf, imageFile, joinApp, openApp, share } from '../tools/app.ts';
import { photo } from '../tools/photos.ts';
import { type World, world } from '../tools/world.ts';

describe('looking around', () => {
  let w: World;
  let alice: App;
  let bob: App;
  let image: Buffer;
  before(async () => {
    w = await world();
    alice = await joinApp(w.base, 'alice');
    bob = await joinApp(w.base, 'bob');
    image = await photo({ width: 200, height: 150 });
  });
  after(() => w[Symbol.asyncDispose]());

  const idsOf = ({ posts }: { posts: { post_id: string }[] }) => posts.map(({ post_id }) => post_id);

  it('knows beforehand what the server takes', async () => {
    const visitor = openApp({ baseUrl: w.base });
    const { image_formats: formats, limits } = await dataOf(visitor.GET('/v1/capabilities'));
    expect(formats).to.include.members(['jpeg', 'png', 'webp']);
    expect(limits.max_image_bytes).to.be.above(200_000);
    const document = await dataOf(visitor.GET('/v1/openapi.json'));
    expect(document.paths).to.have.property('/v1/feed');
  });

  it('finds a place, what was taken there and around it', async () => {
    const location = { name: 'Santa Monica Pier', latitude: 34.0083, longitude: -118.4988 };
    const post = await share(alice, image, { caption: 'On the pier', location });
    const elsewhere = await share(alice, image, { caption: 'At home' });
    await w.settle();
    const place = at({ location_id: post.location?.location_id ?? '' });
    expect(await dataOf(bob.GET('/v1/locations/{location_id}', place))).to.include({
      name: 'Santa Monica Pier',
      post_count: 1,
    });
    expect(idsOf(await dataOf(bob.GET('/v1/locations/{location_id}/posts', place)))).to.eql([post.post_id]);
    const near = asking({ lat: 34.01, lng: -118.5, radius_m: 1_000 });
    expect(idsOf(await dataOf(bob.GET('/v1/posts/nearby', near)))).to.eql([post.post_id]);
    const far = asking({ lat: 52.5, lng: 13.4, radius_m: 1_000 });
    expect(idsOf(await dataOf(bob.GET('/v1/posts/nearby', far)))).to.eql([]);
    const explored = idsOf(await dataOf(bob.GET('/v1/explore')));
    expect(explored).to.have.members([post.post_id, elsewhere.post_id]);
  });

  it('learns why a post is in the feed, and that it is not', async () => {
    const post = await share(alice, image, { caption: 'Why is this here?' });
    const why = () => dataOf(bob.GET('/v1/feed/explain', asking({ post_id: post.post_id })));
    expect(await why()).to.include({ is_in_feed: false, source: null, position: null });
    await dataOf(bob.POST('/v1/users/{user_id}/follow', at({ user_id: alice.userId })));
    await w.settle();
    expect(idsOf(await dataOf(bob.GET('/v1/feed')))[0]).to.equal(post.post_id);
    expect(await why()).to.include({ is_in_feed: true, position: 1 });
    const { users } = await dataOf(bob.GET('/v1/users/{user_id}/followers', at({ user_id: '@alice' })));
    expect(users.map(({ username }) => username)).to.eql(['bob']);
  });

  it('keeps a post for later, and lets it go', async () => {
    const post = await share(alice, image, { caption: 'To be kept' });
    const thePost = at({ post_id: post.post_id });
    expect(await dataOf(bob.POST('/v1/posts/{post_id}/save', thePost))).to.include({ is_saved: true });
    expect(idsOf(await dataOf(bob.GET('/v1/users/me/saved')))).to.eql([post.post_id]);
    expect(await dataOf(bob.DELETE('/v1/posts/{post_id}/save', thePost))).to.include({ is_saved: false });
    expect(idsOf(await dataOf(bob.GET('/v1/users/me/saved')))).to.eql([]);
  });

  it('shows its own face, and takes it away again', async () => {
    const drawn = (await dataOf(bob.GET('/v1/users/me'))).profile_pic_url;
    const body = { image: imageFile(image) };
    const { profile_pic_url: set } = await dataOf(bob.PUT('/v1/users/me/avatar', { body }));
    expect(set).not.to.equal(drawn);
    const sizeOf = async (url: string) => {
      const reply = await fetch(url.replace(w.config.CDN_BASE_URL, w.base));
      expect(reply.status, url).to.equal(200);
      return (await reply.bytes()).length;
    };
    const ownFace = await sizeOf(set);
    const removed = await dataOf(bob.DELETE('/v1/users/me/avatar'));
    expect(removed.profile_pic_url).not.to.equal(set);
    expect(await sizeOf(removed.profile_pic_url)).not.to.equal(ownFace);
    const { profile_pic_url: seen } = await dataOf(alice.GET('/v1/users/{user_id}', at({ user_id: '@bob' })));
    expect(seen).to.equal(removed.profile_pic_url);
  });
});
