import { expect } from 'chai';
import type { Client, Reply } from '../../tools/client.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

const beach = { name: 'Santa Monica Beach', latitude: 34.0195, longitude: -118.4912 };

/** The posts of a reply, by caption. */
const captions = (reply: Reply) => {
  expect(reply.status, reply.text).to.equal(200);
  return reply.body.posts.map((post: { caption: string }) => post.caption);
};

describe('pages of hashtags and places', () => {
  let w: World;
  let image: Buffer;
  let [alice, bob, carol] = [] as unknown as [Client, Client, Client];
  before(async () => {
    w = await world();
    image = await photo({ width: 40, height: 40 });
    [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await w.join('carol')];
  });
  after(() => w[Symbol.asyncDispose]());

  async function post(who: Client, caption: string, more: object = {}): Promise<string> {
    const reply = await who.upload(image, { caption, ...more });
    expect(reply.status, reply.text).to.equal(201);
    return reply.body.post_id;
  }
  const hashtag = (name: string) => `/v1/hashtags/${encodeURIComponent(name)}`;

  it('list what carries a hashtag of any script, newest first, page by page', async () => {
    for (const n of [1, 2, 3]) await post(alice, `${n} #日本 #Été`);
    await w.settle();
    expect((await bob.get(hashtag('日本'))).body).to.eql({ name: '日本', post_count: 3 });
    expect((await bob.get(hashtag('#ÉTÉ'))).body).to.eql({ name: 'été', post_count: 3 });
    const first = await bob.get(`${hashtag('日本')}/posts?limit=2`);
    expect(captions(first)).to.eql(['3 #日本 #Été', '2 #日本 #Été']);
    expect(first.body.has_more).to.equal(true);
    await post(alice, '4 #日本');
    await w.settle();
    const second = await bob.get(`${hashtag('日本')}/posts?limit=2&cursor=${first.body.next_cursor}`);
    expect(captions(second)).to.eql(['1 #日本 #Été']);
    expect(second.body).to.deep.include({ has_more: false, next_cursor: null });
  });

  it('follow edits, archiving and deletion', async () => {
    const postId = await post(alice, 'now #fleeting', { location: { name: 'Nowhere' } });
    await w.settle();
    const { location_id: locationId } = (await alice.get(`/v1/posts/${postId}`)).body.location;
    const counts = async () => {
      await w.settle();
      const replies = [await bob.get(hashtag('fleeting')), await bob.get(`/v1/locations/${locationId}`)];
      return replies.map(({ status, body }) => (status === 200 ? body.post_count : status));
    };
    expect(await counts()).to.eql([1, 1]);
    await alice.put(`/v1/posts/${postId}`, { is_archived: true });
    expect(await counts()).to.eql([404, 404]);
    await alice.put(`/v1/posts/${postId}`, { is_archived: false });
    expect(await counts()).to.eql([1, 1]);
    await alice.put(`/v1/posts/${postId}`, { location: { name: 'Elsewhere' } });
    expect(await counts()).to.eql([1, 404]);
    await alice.put(`/v1/posts/${postId}`, { location: { name: 'Nowhere' }, caption: 'now' });
    expect(await counts()).to.eql([404, 1]);
    await alice.delete(`/v1/posts/${postId}`);
    expect(await counts()).to.eql([404, 404]);
  });

  it('list what was taken at a place, which search finds by its name', async () => {
    await post(alice, 'waves', { location: beach });
    const second = await post(bob, 'pier', { location: beach });
    await w.settle();
    const { location_id: locationId } = (await bob.get(`/v1/posts/${second}`)).body.location;
    const place = { location_id: locationId, ...beach, post_count: 2 };
    expect((await carol.get(`/v1/locations/${locationId}`)).body).to.eql(place);
    expect(captions(await carol.get(`/v1/locations/${locationId}/posts`))).to.eql(['pier', 'waves']);
    const found = await carol.get('/v1/search?q=santa+moni&type=location');
    expect(found.body.results).to.eql([{ type: 'location', location: place }]);
  });

  it('list what was taken around a point, on both sides of the date line and at a pole', async () => {
    await post(carol, 'taveuni east', { location: { name: 'T1', latitude: -16.9, longitude: 179.99 } });
    await post(carol, 'taveuni west', { location: { name: 'T2', latitude: -16.9, longitude: -179.99 } });
    await post(carol, 'pole', { location: { name: 'P', latitude: 89.999, longitude: 12 } });
    const nearby = async (lat: number, lng: number, radiusM: number) =>
      captions(await bob.get(`/v1/posts/nearby?lat=${lat}&lng=${lng}&radius_m=${radiusM}`));
    expect(await nearby(-16.9, 180, 1_200)).to.eql(['taveuni west', 'taveuni east']);
    expect(await nearby(-16.9, -180, 1_200)).to.eql(['taveuni west', 'taveuni east']);
    expect(await nearby(-16.9, 179.99, 1_000)).to.eql(['taveuni east']);
    expect(await nearby(90, -100, 200)).to.eql(['pole']);
    // 0.01° of longitude are 1,064 m there.
    expect(await nearby(-16.9, 180, 1_000)).to.eql([]);
    await post(carol, 'null island', { location: { name: 'N', latitude: 0, longitude: 0 } });
    expect(await nearby(-5.96e-8, 2.225e-311, 1)).to.eql(['null island']);
    expect(await nearby(1e-200, 0, 1)).to.eql(['null island']);
  });

  it('show posts of a private account to its followers only', async () => {
    const dora = await w.join('dora');
    await carol.post(`/v1/users/${dora.userId}/follow`);
    await post(dora, 'secret #hidden', { location: { name: 'Den', latitude: 1, longitude: 1 } });
    await dora.patch('/v1/users/me', { is_private: true });
    await w.settle();
    const seenBy = async (who: Client) => [
      captions(await who.get(`${hashtag('hidden')}/posts`)),
      captions(await who.get('/v1/posts/nearby?lat=1&lng=1')),
    ];
    expect(await seenBy(carol)).to.eql([['secret #hidden'], ['secret #hidden']]);
    expect(await seenBy(bob)).to.eql([[], []]);
  });

  it('refuse what is none', async () => {
    for (const name of ['never', '%23', 'two words', '12', 'a'.repeat(300)]) {
      for (const path of ['', '/posts']) {
        expectRefusal(await bob.get(`/v1/hashtags/${encodeURIComponent(name)}${path}`), 'NOT_FOUND', {
          field: 'name',
        });
      }
    }
    for (const id of ['loc_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x']) {
      expectRefusal(await bob.get(`/v1/locations/${id}`), 'NOT_FOUND', { field: 'location_id' });
      expectRefusal(await bob.get(`/v1/locations/${id}/posts`), 'NOT_FOUND', { field: 'location_id' });
    }
    const bad = {
      lat: ['91', '', '1e1', 'x', '0x10'],
      lng: ['181', '-180.5'],
      radius_m: ['0', '50001', '1.5'],
    };
    for (const [field, values] of Object.entries(bad)) {
      for (const value of values) {
        const query = new URLSearchParams({ lat: '1', lng: '1', [field]: value });
        expectRefusal(await bob.get(`/v1/posts/nearby?${query}`), 'INVALID_INPUT', { field });
      }
    }
    expect((await bob.get('/v1/posts/nearby?lat=-1.5e-7&lng=0.00000012345678901234567')).status).to.equal(
      200,
    );
    expectRefusal(await bob.get('/v1/posts/nearby?lat=1'), 'INVALID_INPUT', { field: 'lng' });
    const { next_cursor: cursor } = (await bob.get(`${hashtag('日本')}/posts?limit=1`)).body;
    expectRefusal(await bob.get(`/v1/posts/nearby?lat=1&lng=1&cursor=${cursor}`), 'INVALID_INPUT', {
      field: 'cursor',
    });
  });
});
