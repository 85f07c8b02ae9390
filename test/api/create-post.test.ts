import { expect } from 'chai';
import { type Client, photoForm, send } from '../tools/client.ts';
import { effectsOn, queuedJobs } from '../tools/owed.ts';
import { photo } from '../tools/photos.ts';
import { type World, world } from '../tools/world.ts';

describe('POST /v1/posts', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let image: Buffer;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    bob = await w.join('bob');
    image = await photo({ width: 120, height: 90 });
  });
  after(() => w[Symbol.asyncDispose]());

  const cardOf = ({ userId, username }: Client) => ({
    user_id: userId,
    username,
    profile_pic_url: `${w.config.CDN_BASE_URL}/avatars/${userId}/320.jpg?v=${username[0]}`,
    is_verified: false,
  });
  const create = async (fields: Record<string, unknown> = {}) => {
    const reply = await alice.upload(image, fields);
    expect(reply.status, reply.text).to.equal(201);
    return reply.body;
  };
  const rowOf = (postId: string) =>
    w.tools.db
      .selectFrom('posts')
      .innerJoin('post_images', 'post_images.post_id', 'posts.id')
      .innerJoin('users', 'users.id', 'posts.user_id')
      .selectAll('post_images')
      .selectAll('posts')
      .select('users.username')
      .where('posts.post_id', '=', postId)
      .executeTakeFirstOrThrow();

  it('answers 201 with the whole post', async () => {
    const startedAt = Date.now();
    const reply = await alice.upload(await photo({ width: 160, height: 120, orientation: 6 }), {
      caption: 'Beautiful sunset!  #sunset #photography',
      location: { name: 'Santa Monica Beach', latitude: 34.0195, longitude: -118.4912 },
      tagged_users: [bob.userId, alice.userId],
      filter: 'clarendon',
      alt_text: 'The sun over the sea',
    });
    expect(reply.status, reply.text).to.equal(201);
    const post = reply.body;
    expect(post.post_id).to.match(/^post_[0-9a-z]{26}$/);
    const key = post.post_id.slice('post_'.length);
    const images = {
      thumbnail: `${w.config.CDN_BASE_URL}/p/${key}/thumb.jpg`,
      medium: `${w.config.CDN_BASE_URL}/p/${key}/medium.jpg`,
      large: `${w.config.CDN_BASE_URL}/p/${key}/large.jpg`,
    };
    expect(post.blurhash).to.match(/^[\w#$%*+,\-.:;=?@[\]^{|}~]{28}$/);
    expect(post.location.location_id).to.match(/^loc_[0-9a-z]{26}$/);
    expect(Date.parse(post.created_at)).to.be.within(startedAt, Date.now());
    expect(post).to.eql({
      post_id: post.post_id,
      user: cardOf(alice),
      images,
      media: [
        {
          images,
          blurhash: post.blurhash,
          aspect_ratio: 1.33,
          width: 160,
          height: 120,
          alt_text: 'The sun over the sea',
        },
      ],
      blurhash: post.blurhash,
      aspect_ratio: 1.33,
      caption: 'Beautiful sunset!  #sunset #photography',
      location: { location_id: post.location.location_id, name: 'Santa Monica Beach' },
      tagged_users: [cardOf(bob), cardOf(alice)],
      filter: 'clarendon',
      like_count: 0,
      comment_count: 0,
      is_archived: false,
      is_comments_disabled: false,
      version: 1,
      created_at: post.created_at,
      is_liked: false,
      is_saved: false,
    });
    expect(reply.headers.get('etag')).to.match(/^"v1-[\w-]{12}"$/);
    expect((await alice.get(`/v1/posts/${post.post_id}`)).body, 'and reads the same').to.eql(post);
  });

  it('keeps the post, its image, its place and its tags', async () => {
    const post = await create({
      caption: 'kept',
      location: { name: 'Central Park', latitude: 40.785091, longitude: -73.968285 },
      tagged_users: [bob.userId],
      filter: 'moon',
      alt_text: 'A park',
    });
    const key = post.post_id.slice('post_'.length);
    const row = await rowOf(post.post_id);
    expect(row).to.deep.include({
      username: 'alice',
      caption: 'kept',
      filter: 'moon',
      aspect_ratio: '1.33',
      location_name: 'Central Park',
      location_lat: '40.78509100',
      location_lng: '-73.96828500',
      version: 1,
      is_archived: false,
      image_urls: [
        { thumbnail: `/p/${key}/thumb.jpg`, medium: `/p/${key}/medium.jpg`, large: `/p/${key}/large.jpg` },
      ],
      position: 1,
      image_key: key,
      content_type: 'image/jpeg',
      width: 120,
      height: 90,
      alt_text: 'A park',
      rendered_at: null,
    });
    expect((await w.tools.images.stat(row.original_key))?.sizeBytes).to.equal(image.length);
    const tags = await w.tools.db
      .selectFrom('post_tags')
      .innerJoin('users', 'users.id', 'post_tags.user_id')
      .innerJoin('posts', 'posts.id', 'post_tags.post_id')
      .select(['username', 'position'])
      .where('posts.post_id', '=', post.post_id)
      .execute();
    expect(tags).to.eql([{ username: 'bob', position: 1 }]);
  });

  it('owes what a new post causes, in the name of the request', async () => {
    const reply = await alice.upload(image);
    const postId = reply.body.post_id;
    const payload = { postId, requestId: reply.headers.get('x-request-id') };
    const owed = await effectsOn(w.tools, postId);
    expect(owed.map(({ event, job, state }) => ({ event, job, state }))).to.eql(
      [
        'count-hashtags',
        'count-location',
        'fan-out-post',
        'index-post',
        'make-renditions',
        'notify-tagged',
      ].map((job) => ({
        event: 'postCreated',
        job,
        state: 'pending',
      })),
    );
    for (const effect of owed) expect(effect.payload, effect.job).to.deep.include(payload);
    expect((await w.tools.outbox.backlog()).waiting).to.be.at.least(1);
  });

  it('has the posts of the author counted, once for all that wait', async () => {
    await create();
    await create();
    const { id } = await w.tools.db
      .selectFrom('users')
      .select('id')
      .where('username', '=', 'alice')
      .executeTakeFirstOrThrow();
    const jobs = (await queuedJobs(w.tools)).filter(({ payload }) => payload.targetId === id);
    expect(jobs.map(({ queue, name, payload }) => ({ queue, name, counter: payload.counter }))).to.eql([
      { queue: 'counts', name: 'roll-up-count', counter: 'user.posts' },
    ]);
  });

  it("stands in the author's feed, profile and count at once", async () => {
    const before = (await alice.get('/v1/users/me')).body.post_count;
    await alice.get('/v1/feed');
    const post = await create();
    expect((await alice.get('/v1/feed')).body.posts[0]).to.eql(post);
    expect((await bob.get(`/v1/users/${alice.userId}/posts`)).body.posts[0]).to.eql(post);
    expect((await bob.get(`/v1/users/${alice.userId}`)).body.post_count).to.equal(before + 1);
  });

  it('takes an image alone', async () => {
    expect(await create()).to.deep.include({
      caption: null,
      location: null,
      tagged_users: [],
      filter: 'none',
      aspect_ratio: 1.33,
    });
    expect(await create({ caption: '', alt_text: '  ', tagged_users: '' })).to.deep.include({
      caption: null,
      tagged_users: [],
    });
  });

  it('takes tags as JSON, as one field or repeated, each person once, in their order', async () => {
    const form = photoForm(image);
    form.append('tagged_users', bob.userId);
    form.append('tagged_users', alice.userId);
    form.append('tagged_users', bob.userId);
    const repeated = await send(w.base, 'POST', '/v1/posts', form, {
      Authorization: `Bearer ${alice.accessToken}`,
    });
    expect(repeated.status, repeated.text).to.equal(201);
    const one = await create({ tagged_users: bob.userId });
    const json = await create({ tagged_users: [alice.userId, bob.userId, alice.userId] });
    const names = [repeated.body, one, json].map((post) =>
      post.tagged_users.map((user: { username: string }) => user.username),
    );
    expect(names).to.eql([['bob', 'alice'], ['bob'], ['alice', 'bob']]);
  });

  it('knows a place again, and takes one without coordinates', async () => {
    const pier = { name: 'The Pier', latitude: 1e-7, longitude: -180 };
    const [first, again] = [await create({ location: pier }), await create({ location: pier })];
    expect(first.location).to.eql(again.location);
    const [nowhere, nowhereAgain] = [
      await create({ location: { name: 'The Pier' } }),
      await create({ location: { name: ' The Pier ' } }),
    ];
    expect(nowhere.location).to.eql(nowhereAgain.location);
    expect(nowhere.location.location_id).not.to.equal(first.location.location_id);
    expect(nowhere.location.name).to.equal('The Pier');
  });

  it('keeps text in any script as it was typed, and counts characters, not bytes', async () => {
    const longest = '😀'.repeat(2_200);
    expect((await create({ caption: longest })).caption).to.equal(longest);
    for (const caption of [
      'مرحبا #سلام',
      'family 👩‍👩‍👧‍👦 e\u0301',
      ' two  spaces\nand a line ',
      '"quoted" \\ <b>',
    ]) {
      expect((await create({ caption, alt_text: 'x' })).caption).to.equal(caption);
    }
    const altText = '🌅'.repeat(1_000);
    expect((await create({ alt_text: altText })).media[0].alt_text).to.equal(altText);
    const name = '🏖'.repeat(200);
    expect((await create({ location: { name } })).location.name).to.equal(name);
  });

  it('tells the format by the bytes, whatever name and type they come under', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const) {
      const form = new FormData();
      const bytes = await photo({ width: 64, height: 48, format });
      form.set('image', new Blob([new Uint8Array(bytes)], { type: 'text/plain' }), '../../etc/passwd');
      const reply = await send(w.base, 'POST', '/v1/posts', form, {
        Authorization: `Bearer ${alice.accessToken}`,
      });
      expect(reply.status, `${format}: ${reply.text}`).to.equal(201);
      const row = await rowOf(reply.body.post_id);
      expect(row).to.deep.include({ content_type: `image/${format}`, width: 64, height: 48 });
    }
  });

  it('takes the narrowest and the widest picture there may be', async () => {
    const tall = await alice.upload(await photo({ width: 20, height: 200 }));
    expect(tall.body.aspect_ratio).to.equal(0.1);
    const wide = await alice.upload(await photo({ width: 200, height: 20 }));
    expect(wide.body.aspect_ratio).to.equal(10);
  });
});
