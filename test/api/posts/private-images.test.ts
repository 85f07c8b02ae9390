import { expect } from 'chai';
import { keyOf } from '../../../shared/ids.ts';
import type { Client } from '../../tools/client.ts';
import { photo } from '../../tools/photos.ts';
import { internalId } from '../../tools/rows.ts';
import { type World, world } from '../../tools/world.ts';

const forEverybody = 'public, max-age=31536000, s-maxage=60, immutable';

describe('images that are not for everybody', () => {
  let w: World;
  let image: Buffer;
  let count = 0;
  before(async () => {
    w = await world();
    image = await photo({ width: 90, height: 60 });
  });
  after(() => w[Symbol.asyncDispose]());

  /** Somebody with a post of two images, and a follower of theirs. */
  async function shared() {
    count += 1;
    const [alice, bob] = [await w.join(`alice${count}`), await w.join(`bob${count}`)];
    await bob.post(`/v1/users/${alice.userId}/follow`);
    const { body } = await alice.upload([image, image]);
    await w.settle();
    return { alice, bob, post: body, path: `/v1/posts/${body.post_id}`, key: keyOf(body.post_id) };
  }
  const setPrivate = async (client: Client, isPrivate: boolean) => {
    expect((await client.patch('/v1/users/me', { is_private: isPrivate })).status).to.equal(200);
  };
  async function get(url: string, init: RequestInit = {}) {
    const response = await fetch(url.replace(w.config.CDN_BASE_URL, w.base), init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
  type Images = { thumbnail: string; medium: string; large: string };
  const urlsOf = (post: { images: Images; media: { images: Images }[] }) => [
    ...Object.values(post.images),
    ...post.media.flatMap((each) => Object.values(each.images)),
  ];
  const statusesOf = async (urls: string[]) =>
    [...new Set(await Promise.all(urls.map(async (url) => (await get(url)).status)))].join();
  const inFeed = async (client: Client, postId: string) =>
    (await client.get('/v1/feed')).body.posts.find((each: { post_id: string }) => each.post_id === postId);
  /** What a refusal says, without what differs each time. */
  const refusalOf = async (url: string) => {
    const { status, headers, text } = await get(url);
    const { request_id: _, ...error } = JSON.parse(text).error;
    return { status, error, kept: headers.get('cache-control') };
  };

  it('are refused to everybody without a signature from the moment the account is private, and back', async () => {
    const { alice, bob, post, path } = await shared();
    const plain = urlsOf(post);
    expect(plain.filter((url) => url.includes('?'))).to.eql([]);
    expect(await inFeed(bob, post.post_id), 'as bob has it in memory').to.eql(post);
    expect(await statusesOf(plain)).to.equal('200');

    await setPrivate(alice, true);
    expect(await statusesOf(plain)).to.equal('404');
    for (const seen of [
      await inFeed(bob, post.post_id),
      (await bob.get(path)).body,
      (await alice.get(path)).body,
      (await bob.get(`/v1/users/${alice.userId}/posts`)).body.posts[0],
    ]) {
      const urls = urlsOf(seen);
      for (const url of urls) expect(url).to.match(/\.jpg\?e=\d{10}&s=[\w-]{22}$/);
      expect(urls.map((url) => url.split('?')[0])).to.eql(plain);
      expect(await statusesOf(urls)).to.equal('200');
    }
    const signed = urlsOf((await bob.get(path)).body);

    await setPrivate(alice, false);
    expect(urlsOf((await inFeed(bob, post.post_id)) as never)).to.eql(plain);
    expect(await statusesOf(plain)).to.equal('200');
    const { headers } = await get(signed[0] as string);
    expect(headers.get('cache-control'), 'a signature does no harm').to.equal(forEverybody);
  });

  it('may be kept by their viewer only, and no longer than they are signed for', async () => {
    const { alice, bob, post, path } = await shared();
    const { headers: open } = await get(post.images.large);
    expect(open.get('cache-control')).to.equal(forEverybody);
    await setPrivate(alice, true);
    const url = (await bob.get(path)).body.images.large as string;
    const expiresS = Number(new URL(url).searchParams.get('e'));
    const nowS = Date.now() / 1_000;
    expect(expiresS - nowS).to.be.within(295, 600);
    const { headers, text } = await get(url);
    const kept = /^private, max-age=(\d+)$/.exec(headers.get('cache-control') ?? '');
    expect(Number(kept?.[1])).to.be.within(expiresS - nowS - 5, expiresS - nowS);

    const etag = headers.get('etag') ?? '';
    const known = await get(url, { headers: { 'If-None-Match': etag } });
    expect([known.status, known.headers.get('cache-control')?.split('=')[0]]).to.eql([
      304,
      'private, max-age',
    ]);
    const part = await get(url, { headers: { Range: 'bytes=0-9' } });
    expect([part.status, part.headers.get('content-length')]).to.eql([206, '10']);
    const head = await get(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).to.eql([200, headers.get('content-length')]);
    expect(text).not.to.equal('');
    const [unsigned] = url.split('?') as [string];
    for (const [name, value] of [
      ['If-None-Match', etag],
      ['If-None-Match', '*'],
      ['Range', 'bytes=0-9'],
    ] as const) {
      expect((await get(unsigned, { headers: { [name]: value } })).status, name).to.equal(404);
    }
    expect((await get(unsigned, { method: 'HEAD' })).status).to.equal(404);
  });

  it('cannot be told from images there are none of', async () => {
    const { alice, bob, post, path, key } = await shared();
    await setPrivate(alice, true);
    const url = new URL((await bob.get(path)).body.images.large);
    const [e, s] = [url.searchParams.get('e') as string, url.searchParams.get('s') as string];
    const second = new URL((await bob.get(path)).body.media[1].images.large);
    const late = w.tools.signedUrls.sign(`p/${key}`, Date.now() - 600_000);
    const queries = [
      '',
      '?',
      `?e=${e}`,
      `?s=${s}`,
      `?e=${e}&s=${s.slice(1)}A`,
      `?e=${Number(e) + 300}&s=${s}`,
      `?e=${e}&s=${second.searchParams.get('s')}`,
      `?e=${e}&e=${e}&s=${s}`,
      `?e=${e}&s=${s}&s=${s}`,
      `?e=${'9'.repeat(400)}&s=${s}`,
      '?e=%00&s=%00',
      late,
    ];
    const none = '01j8z3k4m5n6p7q8r9s0t1v2w3';
    const hidden = (text: object) => JSON.stringify(text).replaceAll(none, '…').replaceAll(key, '…');
    const expected = hidden(await refusalOf(`${w.base}/p/${none}/large.jpg`));
    expect(expected).to.include('"status":404').and.include('private, no-store');
    for (const query of queries) {
      expect(hidden(await refusalOf(`${post.images.large}${query}`)), query).to.equal(expected);
    }
    const badSize = `${w.base}/p/${key}/huge.jpg${url.search}`;
    expect(hidden(await refusalOf(badSize))).to.equal(
      hidden(await refusalOf(`${w.base}/p/${none}/huge.jpg`)),
    );
  });

  it('of archived posts are for their author, and for everybody again when they are back', async () => {
    const { alice, bob, post, path } = await shared();
    await inFeed(bob, post.post_id);
    const archived = (await alice.put(path, { is_archived: true })).body;
    expect(await statusesOf(urlsOf(post))).to.equal('404');
    expect(await statusesOf(urlsOf(archived))).to.equal('200');
    expect(urlsOf((await alice.get('/v1/users/me/archived')).body.posts[0])).to.eql(urlsOf(archived));
    const back = (await alice.put(path, { is_archived: false })).body;
    expect(urlsOf(back)).to.eql(urlsOf(post));
    expect(await statusesOf(urlsOf(post))).to.equal('200');
  });

  it('of hidden authors are for nobody, signed or not', async () => {
    const { alice, bob, post, path } = await shared();
    await setPrivate(alice, true);
    const signed = urlsOf((await bob.get(path)).body);
    const id = await internalId(w, 'users', alice.userId);
    const suspend = (at: Date | null) =>
      w.tools.db.updateTable('users').set({ suspended_at: at }).where('id', '=', id).execute();
    await suspend(new Date());
    expect(await statusesOf([...urlsOf(post), ...signed])).to.equal('404');
    await suspend(null);
    expect(await statusesOf(signed)).to.equal('200');
    await setPrivate(alice, false);
    await suspend(new Date());
    expect(await statusesOf([...urlsOf(post), ...signed])).to.equal('404');
  });

  it('are waited for by those who may have them only', async () => {
    const { alice } = await shared();
    await setPrivate(alice, true);
    const { body } = await alice.upload(await photo({ width: 500, height: 500, seed: 5 }));
    const plain = body.images.large.split('?')[0] as string;
    const [seen, refused] = await Promise.all([get(body.images.large), get(plain)]);
    expect([seen.status, refused.status]).to.eql([200, 404]);
  });

  it('leave avatars as public as they were', async () => {
    const { alice } = await shared();
    await setPrivate(alice, true);
    const { profile_pic_url: url } = (await alice.get('/v1/users/me')).body;
    const { status, headers } = await get(url);
    expect(status).to.equal(200);
    expect(headers.get('cache-control')).to.include('public');
  });
});
