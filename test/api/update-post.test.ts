import { expect } from 'chai';
import { type Client, send } from '../tools/client.ts';
import { effectsOn, jobsOwed } from '../tools/owed.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('PUT /v1/posts/{post_id}', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let image: Buffer;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    bob = await w.join('bob');
    await bob.post('/v1/users/@alice/follow');
    image = await photo({ width: 60, height: 60 });
  });
  after(() => w[Symbol.asyncDispose]());

  const upload = async (fields: Record<string, unknown> = {}) => {
    const { body, headers } = await alice.upload(image, fields);
    return { post: body, path: `/v1/posts/${body.post_id}`, etag: headers.get('etag') as string };
  };
  const rowOf = (postId: string) =>
    w.tools.db
      .selectFrom('posts')
      .innerJoin('post_images', 'post_images.post_id', 'posts.id')
      .select(['caption', 'version', 'is_archived', 'is_comments_disabled', 'alt_text', 'location_name'])
      .select(['posts.created_at', 'posts.updated_at'])
      .where('posts.post_id', '=', postId)
      .executeTakeFirstOrThrow();

  it('answers 200 with the post as it is now: changed where told, the version risen', async () => {
    const { post, path } = await upload({ caption: 'old', filter: 'moon', alt_text: 'a picture' });
    const reply = await alice.put(path, {
      caption: 'new #words',
      location: { name: 'Here' },
      tagged_users: [bob.userId],
      is_comments_disabled: true,
    });
    expect(reply.status, reply.text).to.equal(200);
    const { location, tagged_users, ...rest } = reply.body;
    const { location: _, tagged_users: __, ...before } = post;
    expect(location.name).to.equal('Here');
    expect(tagged_users.map((user: { username: string }) => user.username)).to.eql(['bob']);
    expect(rest).to.eql({ ...before, caption: 'new #words', is_comments_disabled: true, version: 2 });
    expect(reply.headers.get('etag')).to.match(/^"v2-/);
    expect((await bob.get(path)).body).to.eql(reply.body);
    const row = await rowOf(post.post_id);
    expect(row).to.deep.include({ caption: 'new #words', version: 2, location_name: 'Here' });
    expect(row.updated_at.getTime()).to.be.above(row.created_at.getTime());
  });

  it('keeps what is not given and takes away what is null', async () => {
    const place = { name: 'Here', latitude: 1, longitude: 2 };
    const { path } = await upload({
      caption: 'x',
      location: place,
      alt_text: 'y',
      tagged_users: [bob.userId],
    });
    const kept = (await alice.put(path, { caption: 'z' })).body;
    expect(kept.location.name).to.equal('Here');
    expect(kept.media[0].alt_text).to.equal('y');
    expect(kept.tagged_users).to.have.length(1);
    const bare = { caption: null, location: null, alt_text: null, tagged_users: [] };
    const { body } = await alice.put(path, bare);
    expect(body).to.deep.include({ caption: null, location: null, tagged_users: [], version: 3 });
    expect(body.media[0].alt_text).to.equal(null);
  });

  it('owes what an edit causes', async () => {
    const { post, path } = await upload();
    await alice.put(path, { caption: 'edited' });
    expect(await jobsOwed(w.tools, post.post_id, 'postEdited')).to.eql([
      'count-hashtags',
      'count-location',
      'index-post',
      'notify-tagged',
      'refresh-post',
    ]);
  });

  it("stands in others' cached feeds at once", async () => {
    const { path } = await upload({ caption: 'as cached' });
    await bob.get('/v1/feed');
    await w.tools.feeds.forget(bob.userId);
    expect((await bob.get('/v1/feed')).body.posts[0].caption).to.equal('as cached');
    await alice.put(path, { caption: 'as edited' });
    expect((await bob.get('/v1/feed')).body.posts[0].caption).to.equal('as edited');
  });

  it('goes by If-Match: the version decides, so a like refuses no edit', async () => {
    const { path, etag } = await upload();
    await bob.post(`${path}/like`);
    const first = await alice.put(path, { caption: '2' }, { 'If-Match': etag });
    expect(first.status, first.text).to.equal(200);
    expect(first.body).to.deep.include({ version: 2, like_count: 1 });
    const stale = await alice.put(path, { caption: '3' }, { 'If-Match': etag });
    expectRefusal(stale, 'CONFLICT', { field: 'If-Match', reason: /version 2/ });
    const current = first.headers.get('etag') as string;
    for (const match of [current, `W/${current}`.replace('v2', 'v3'), '*', `${etag}, "v5-x"`, undefined]) {
      const headers = match === undefined ? undefined : { 'If-Match': match };
      expect((await alice.put(path, { caption: `on ${match}` }, headers)).status, match).to.equal(200);
    }
    expect((await alice.get(path)).body.version).to.equal(7);
  });

  it('goes by If-Match whichever field is edited', async () => {
    const { path, etag } = await upload();
    await alice.put(path, { caption: 'moved on' }, { 'If-Match': etag });
    const edits = [
      { caption: 'x' },
      { location: { name: 'Here' } },
      { tagged_users: [bob.userId] },
      { alt_text: 'x' },
      { is_archived: true },
      { is_comments_disabled: true },
      {},
    ];
    for (const edit of edits) {
      const reply = await alice.put(path, edit, { 'If-Match': etag });
      expectRefusal(reply, 'CONFLICT', { field: 'If-Match', reason: /version 2/ });
    }
    const { body } = await alice.get(path);
    expect(body).to.deep.include({ caption: 'moved on', version: 2, location: null, is_archived: false });
  });

  it('changes nothing, and says so, when nothing differs', async () => {
    const place = { name: 'Here', latitude: 1.5, longitude: -2.25 };
    const fields = { caption: 'x', location: place, tagged_users: [bob.userId, alice.userId], alt_text: 'y' };
    const { post, path } = await upload(fields);
    const before = await rowOf(post.post_id);
    const edits = [
      {},
      { ...fields, is_archived: false, is_comments_disabled: false },
      { alt_text: ['y'] },
      { alt_text: [] },
    ];
    for (const edit of edits) {
      const reply = await alice.put(path, edit);
      expect(reply.status, reply.text).to.equal(200);
      expect(reply.body).to.eql(post);
      expect(reply.headers.get('etag')).to.match(/^"v1-/);
    }
    expect(await rowOf(post.post_id)).to.eql(before);
    const events = (await effectsOn(w.tools, post.post_id)).map(({ event }) => event);
    expect([...new Set(events)]).to.eql(['postCreated']);
    const reordered = await alice.put(path, { tagged_users: [alice.userId, bob.userId] });
    expect(reordered.body.version, 'order counts').to.equal(2);
  });

  it("gives each image its text: one is the first one's, a list goes by position and keeps the rest", async () => {
    const { body } = await alice.upload([image, image, image], { alt_text: ['one', null, 'three'] });
    const path = `/v1/posts/${body.post_id}`;
    const texts = async (altText: unknown) => {
      const reply = await alice.put(path, { alt_text: altText });
      expect(reply.status, reply.text).to.equal(200);
      return reply.body.media.map((each: { alt_text: string | null }) => each.alt_text);
    };
    expect(await texts('first')).to.eql(['first', null, 'three']);
    expect(await texts(['1', '2'])).to.eql(['1', '2', 'three']);
    expect(await texts([null, '', ' 3 '])).to.eql([null, null, '3']);
    expect(await texts(null)).to.eql([null, null, '3']);
    const tooMany = await alice.put(path, { alt_text: ['1', '2', '3', '4'] });
    expectRefusal(tooMany, 'INVALID_INPUT', {
      field: 'alt_text',
      reason: 'There are 3 images; send at most as many texts',
    });
    expect((await alice.get(path)).body.version).to.equal(4);
  });

  it('keeps emoji and text from right to left as they were typed', async () => {
    const { path } = await upload();
    const caption = 'מזל טוב 👩🏽‍🚀 \u202bمرحبا\u202c e\u0301';
    const { body } = await alice.put(path, {
      caption,
      alt_text: '🌅 שקיעה',
      location: { name: 'تل أبيب 🏖' },
    });
    expect([body.caption, body.media[0].alt_text, body.location.name]).to.eql([
      caption,
      '🌅 שקיעה',
      'تل أبيب 🏖',
    ]);
    expect((await alice.get(path)).body).to.eql(body);
  });

  it('refuses an If-Match that is no ETag of a post', async () => {
    const { path } = await upload();
    for (const bad of ['garbage', 'v1', '"v1"', '"1-x"', '', '"vx-y"']) {
      const reply = await alice.put(path, { caption: 'x' }, { 'If-Match': bad });
      expectRefusal(reply, 'INVALID_INPUT', { field: 'If-Match', reason: 'Must be the ETag of a post' });
    }
    expect((await alice.get(path)).body.version).to.equal(1);
  });

  it('lets one of two edits at the same time win', async () => {
    const { path, etag } = await upload();
    const replies = await Promise.all(
      ['a', 'b'].map((caption) => alice.put(path, { caption }, { 'If-Match': etag })),
    );
    expect(replies.map(({ status }) => status).sort()).to.eql([200, 409]);
  });

  it('hides an archived post from everybody but its author, and brings it back', async () => {
    const { post, path } = await upload({ caption: 'to be archived' });
    const countOf = async (client: Client) => (await client.get(`/v1/users/${alice.userId}`)).body.post_count;
    const ids = async (client: Client, list: string) =>
      (await client.get(list)).body.posts.map((each: { post_id: string }) => each.post_id);
    const profile = `/v1/users/${alice.userId}/posts`;
    await w.tools.feeds.forget(bob.userId);
    expect(await ids(bob, '/v1/feed')).to.include(post.post_id);
    const count = await countOf(bob);

    const archived = await alice.put(path, { is_archived: true });
    const { images, media, ...rest } = archived.body;
    const { images: plain, media: _, ...before } = post;
    expect(rest).to.eql({ ...before, is_archived: true, version: 2 });
    expect(images.large, "its images are its author's alone").to.match(/\?e=\d+&s=[\w-]{22}$/);
    expect([images.large.split('?')[0], media[0].images]).to.eql([plain.large, images]);
    expectRefusal(await bob.get(path), 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
    expect((await alice.get(path)).body).to.eql(archived.body);
    for (const client of [alice, bob]) {
      expect(await ids(client, '/v1/feed')).not.to.include(post.post_id);
      expect(await ids(client, profile)).not.to.include(post.post_id);
      expect(await countOf(client)).to.equal(count - 1);
    }
    expect((await bob.post(`${path}/like`)).status).to.equal(404);
    expect(await jobsOwed(w.tools, post.post_id, 'postArchived')).to.eql([
      'count-hashtags',
      'count-location',
      'drop-from-feeds',
      'index-post',
      'refresh-post',
    ]);

    await alice.put(path, { is_archived: true });
    expect(await countOf(bob), 'once is enough').to.equal(count - 1);

    expect((await alice.put(path, { is_archived: false })).body.version).to.equal(3);
    expect((await bob.get(path)).status).to.equal(200);
    expect(await ids(alice, '/v1/feed')).to.include(post.post_id);
    await w.tools.feeds.forget(bob.userId);
    expect(await ids(bob, '/v1/feed')).to.include(post.post_id);
    for (const client of [alice, bob]) {
      expect(await ids(client, profile)).to.include(post.post_id);
      expect(await countOf(client)).to.equal(count);
    }
    expect(await jobsOwed(w.tools, post.post_id, 'postUnarchived')).to.include('fan-out-post');
  });

  it('refuses who is not the author', async () => {
    const { path, post } = await upload({ caption: 'mine' });
    const reply = await bob.put(path, { caption: 'yours' });
    expectRefusal(reply, 'FORBIDDEN', { field: 'post_id', reason: 'Only its author may edit a post' });
    expectRefusal(await send(w.base, 'PUT', path, '{}'), 'UNAUTHORIZED');
    expect((await rowOf(post.post_id)).caption).to.equal('mine');
  });

  it('answers 404 for a post there is none of', async () => {
    for (const id of ['post_01j8z3k4m5n6p7q8r9s0t1v2w3', '%00', 'x', '%F0%9F%98%80']) {
      const reply = await alice.put(`/v1/posts/${id}`, { caption: 'x' });
      expectRefusal(reply, 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
    }
  });

  it('says what is wrong with a field, and changes nothing', async () => {
    const { path, post } = await upload({ caption: 'as it was' });
    const stranger = 'user_01j8z3k4m5n6p7q8r9s0t1v2w3';
    const bad: [field: string, body: unknown][] = [
      ['caption', { caption: 'x'.repeat(2_201) }],
      ['caption', { caption: 5 }],
      ['caption', { caption: 'nul\0' }],
      ['location.name', { location: { name: 'nul\0' } }],
      ['location.latitude', { location: { name: 'x', latitude: 91, longitude: 0 } }],
      ['location', { location: '{"name":"a form would say it so"}' }],
      ['tagged_users', { tagged_users: [stranger] }],
      ['tagged_users.0', { tagged_users: ['x'] }],
      ['tagged_users', { tagged_users: null }],
      ['alt_text', { alt_text: 'x'.repeat(1_001) }],
      ['alt_text.0', { alt_text: ['x'.repeat(1_001)] }],
      ['alt_text', { alt_text: ['x', 'y'] }],
      ['alt_text', { alt_text: [7] }],
      ['alt_text', { alt_text: 7 }],
      ['alt_text', { alt_text: 'nul\0' }],
      ['alt_text', { alt_text: Array(11).fill('x') }],
      ['is_archived', { is_archived: 'true' }],
      ['is_archived', { is_archived: null }],
      ['is_comments_disabled', { is_comments_disabled: 1 }],
      ['filter', { filter: 'moon' }],
      ['like_count', { like_count: 1_000_000 }],
      ['version', { caption: 'x', version: 9 }],
      ['body', []],
      ['body', '"x"'],
    ];
    for (const [field, body] of bad) expectRefusal(await alice.put(path, body), 'INVALID_INPUT', { field });
    expect((await alice.get(path)).body).to.eql(post);
    expect((await effectsOn(w.tools, post.post_id)).map(({ event }) => event)).not.to.include('postEdited');
  });
});
