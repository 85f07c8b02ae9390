import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import sharp from 'sharp';
import { keys } from '../../../shared/keys.ts';
import { type Client, photoForm, send } from '../../tools/client.ts';
import { effectsOn, jobsOwed } from '../../tools/owed.ts';
import { hiddenTexts, photo, pngClaiming } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

const immutable = 'public, max-age=31536000, s-maxage=60, immutable';

describe('PUT and DELETE /v1/users/me/avatar', () => {
  let w: World;
  let count = 0;
  before(async () => {
    w = await world();
  });
  after(() => w[Symbol.asyncDispose]());

  async function joined(name = 'alice'): Promise<Client> {
    count += 1;
    return w.join(`${name}${count}`);
  }
  const put = (who: Client, image: Uint8Array, headers: Record<string, string> = {}) =>
    who.form('PUT', '/v1/users/me/avatar', photoForm(image), headers);
  const remove = (who: Client) => who.delete('/v1/users/me/avatar');
  const urlOf = async (who: Client) => (await who.get('/v1/users/me')).body.profile_pic_url as string;
  const versionOf = (url: string) => new URL(url).searchParams.get('v') as string;
  /** Fetches a picture by its URL, or another size of it. */
  async function fetched(url: string, side = 320) {
    const path = url.replace(w.config.CDN_BASE_URL, '').replace('/320.jpg', `/${side}.jpg`);
    const response = await fetch(w.base + path);
    return {
      status: response.status,
      cacheControl: response.headers.get('cache-control'),
      bytes: Buffer.from(await response.arrayBuffer()),
    };
  }
  const isKept = async (who: Client, version: string) =>
    (await w.tools.images.stat(`avatars/${who.userId}/${version}/320.jpg`)) !== undefined;

  it('answers 200 with the profile, whose picture has a new URL', async () => {
    const alice = await joined();
    const before = await urlOf(alice);
    const changed = await put(alice, await photo({ width: 300, height: 400 }));
    expect(changed.status, changed.text).to.equal(200);
    expect(changed.body).to.include({ user_id: alice.userId, username: alice.username });
    const url = changed.body.profile_pic_url;
    const path = `${w.config.CDN_BASE_URL}/avatars/${alice.userId}/320.jpg`;
    expect(url)
      .to.match(/\?v=[0-9a-z]{26}$/)
      .and.not.equal(before);
    expect(url.startsWith(`${path}?v=`)).to.equal(true);
    expect((await alice.get('/v1/users/me')).body).to.eql(changed.body);
    const again = await put(alice, await photo({ width: 300, height: 400 }));
    expect(again.body.profile_pic_url, 'new with each picture').not.to.equal(url);
  });

  it('shows the square in the middle in each size, upright and without metadata', async () => {
    const alice = await joined();
    // Red in the middle of green, stored on its side.
    const upright = sharp({
      create: { width: 400, height: 1200, channels: 3, background: '#00ff00' },
    }).composite([
      {
        input: { create: { width: 400, height: 420, channels: 3, background: '#ff0000' } },
        left: 0,
        top: 390,
      },
    ]);
    const image = await sharp(await upright.png().toBuffer())
      .rotate(-90)
      .withMetadata({ orientation: 6 })
      .withExifMerge({ IFD0: { ImageDescription: 'my home address' } })
      .jpeg()
      .toBuffer();
    const { body } = await put(alice, image);
    for (const side of [150, 320, 640]) {
      const { status, cacheControl, bytes } = await fetched(body.profile_pic_url, side);
      expect(status).to.equal(200);
      expect(cacheControl).to.equal(immutable);
      const { format, width, height, exif, icc, xmp } = await sharp(bytes).metadata();
      expect([format, width, height, exif, icc, xmp]).to.eql([
        'jpeg',
        side,
        side,
        undefined,
        undefined,
        undefined,
      ]);
      for (const text of hiddenTexts) expect(bytes.includes(text)).to.equal(false);
      const { channels } = await sharp(bytes).stats();
      expect(channels[0]?.min, 'red from edge to edge').to.be.above(230);
      expect(channels[1]?.max).to.be.below(40);
    }
  });

  it('takes whatever a post takes, HEIC and small pictures too', async () => {
    const alice = await joined();
    const images = [
      await readFile(new URL('../../fixtures/portrait.heic', import.meta.url)),
      await photo({ width: 20, height: 31, format: 'png' }),
      await photo({ width: 900, height: 90, format: 'webp' }),
    ];
    for (const image of images) {
      const reply = await put(alice, image);
      expect(reply.status, reply.text).to.equal(200);
      const { bytes } = await fetched(reply.body.profile_pic_url, 640);
      expect(await sharp(bytes).metadata()).to.include({ format: 'jpeg', width: 640, height: 640 });
    }
  });

  it('follows at once wherever the card is shown', async () => {
    const [alice, bob] = [await joined(), await joined('bob')];
    const post = (await alice.upload(await photo({ width: 60, height: 60 }))).body.post_id;
    await bob.post(`/v1/users/${alice.userId}/follow`);
    await bob.upload(await photo({ width: 60, height: 60 }), { tagged_users: [alice.userId] });
    await w.settle();
    const shown = async () => {
      const feed = (await bob.get('/v1/feed')).body.posts;
      const found = (await bob.get(`/v1/search?type=user&q=${alice.username}`)).body.results;
      return new Set([
        (await bob.get(`/v1/users/${alice.userId}`)).body.profile_pic_url,
        (await bob.get(`/v1/posts/${post}`)).body.user.profile_pic_url,
        feed.find((each: { post_id: string }) => each.post_id === post).user.profile_pic_url,
        feed[0].tagged_users[0].profile_pic_url,
        found[0].user.profile_pic_url,
        (await bob.get(`/v1/users/${bob.userId}/following`)).body.users[0].profile_pic_url,
      ]);
    };
    expect([...(await shown())]).to.eql([await urlOf(alice)]);
    expect(await w.tools.cache.exists(keys.user(alice.userId))).to.equal(1);
    const { body } = await put(alice, await photo({ seed: 3 }));
    expect([...(await shown())]).to.eql([body.profile_pic_url]);
    const { body: without } = await remove(alice);
    expect([...(await shown())]).to.eql([without.profile_pic_url]);
  });

  it('removes the files of the picture before, and shows the one there is to whoever asks by an older URL', async () => {
    const alice = await joined();
    const drawn = await urlOf(alice);
    await fetched(drawn);
    expect(await isKept(alice, versionOf(drawn))).to.equal(true);
    const first = (await put(alice, await photo({ seed: 1 }))).body.profile_pic_url;
    expect(await jobsOwed(w.tools, alice.userId, 'avatarReplaced')).to.eql(['refresh-user', 'remove-avatar']);
    const second = (await put(alice, await photo({ seed: 2 }))).body.profile_pic_url;
    const current = await fetched(second);
    for (const older of [first, drawn, `${w.config.CDN_BASE_URL}/avatars/${alice.userId}/320.jpg`]) {
      const { status, bytes, cacheControl } = await fetched(older);
      expect(status).to.equal(200);
      expect(bytes.equals(current.bytes)).to.equal(true);
      expect(cacheControl, 'not for long').to.equal('public, max-age=60');
    }
    await w.settle();
    const kept = await Promise.all([drawn, first, second].map((url) => isKept(alice, versionOf(url))));
    expect(kept).to.eql([false, false, true]);
    expect((await fetched(first)).bytes.equals(current.bytes)).to.equal(true);

    const removed = await remove(alice);
    expect(removed.status, removed.text).to.equal(200);
    expect(removed.body.profile_pic_url).to.equal(drawn);
    expect((await remove(alice)).body, 'twice is once').to.eql(removed.body);
    await w.settle();
    expect(await isKept(alice, versionOf(second))).to.equal(false);
    expect((await fetched(drawn)).cacheControl).to.equal(immutable);
    const replaced = (await effectsOn(w.tools, alice.userId)).filter(({ job }) => job === 'remove-avatar');
    expect(replaced.map(({ payload }) => payload.version)).to.eql([drawn, first, second].map(versionOf));
  });

  it('draws another picture when another name has another initial', async () => {
    const alice = await joined();
    const before = await urlOf(alice);
    const drawn = await fetched(before);
    const same = (await alice.patch('/v1/users/me', { username: `anna${count}` })).body.profile_pic_url;
    expect(same, 'the same initial').to.equal(before);
    const renamed = (await alice.patch('/v1/users/me', { username: `bella${count}` })).body.profile_pic_url;
    expect(renamed).not.to.equal(before);
    const redrawn = await fetched(renamed);
    expect(redrawn.cacheControl).to.equal(immutable);
    expect(redrawn.bytes.equals(drawn.bytes)).to.equal(false);
    await w.settle();
    expect(await isKept(alice, versionOf(before))).to.equal(false);
    expect(await isKept(alice, versionOf(renamed))).to.equal(true);
    const back = (await alice.patch('/v1/users/me', { username: `alice${count}` })).body.profile_pic_url;
    expect(back).to.equal(before);
    expect((await fetched(back)).bytes.equals(drawn.bytes)).to.equal(true);

    const chosen = (await put(alice, await photo())).body.profile_pic_url;
    const kept = (await alice.patch('/v1/users/me', { username: `carol${count}` })).body.profile_pic_url;
    expect(kept, 'a chosen picture shows no initial').to.equal(chosen);
    await w.settle();
    expect((await fetched(chosen)).status).to.equal(200);
  });

  it('keeps the last of several that come at once', async () => {
    const alice = await joined();
    const images = await Promise.all([1, 2, 3].map((seed) => photo({ seed })));
    const replies = await Promise.all(images.map((image) => put(alice, image)));
    expect(replies.map(({ status }) => status)).to.eql([200, 200, 200]);
    const url = await urlOf(alice);
    expect(replies.map(({ body }) => body.profile_pic_url)).to.include(url);
    await w.settle();
    const kept = await Promise.all(
      replies.map(async ({ body }) => [
        body.profile_pic_url === url,
        await isKept(alice, versionOf(body.profile_pic_url)),
      ]),
    );
    for (const [isShown, isThere] of kept) expect(isThere).to.equal(isShown);
    expect((await fetched(url, 150)).status).to.equal(200);
  });

  it('is done once under one Idempotency-Key', async () => {
    const alice = await joined();
    const image = await photo({ seed: 9 });
    const key = { 'Idempotency-Key': 'one-picture' };
    const first = await put(alice, image, key);
    const again = await put(alice, image, key);
    expect(again.body).to.eql(first.body);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    expectRefusal(await put(alice, await photo({ seed: 10 }), key), 'UNPROCESSABLE', {
      field: 'Idempotency-Key',
    });
  });

  it('draws a picture in the place of files that were lost', async () => {
    const alice = await joined();
    const { body } = await put(alice, await photo());
    await w.tools.images.removeAll(`avatars/${alice.userId}/`);
    const { status, cacheControl } = await fetched(body.profile_pic_url);
    expect([status, cacheControl]).to.eql([200, 'public, max-age=60']);
  });

  it('refuses what no post would take, and keeps nothing of it', async () => {
    const alice = await joined();
    const before = (await put(alice, await photo())).body.profile_pic_url;
    const whole = await photo({ width: 400, height: 300 });
    const refused: [image: Buffer, code: 'INVALID_FORMAT' | 'IMAGE_TOO_LARGE' | 'INVALID_INPUT'][] = [
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'INVALID_FORMAT'],
      [Buffer.alloc(0), 'INVALID_FORMAT'],
      [whole.subarray(0, whole.length / 2), 'INVALID_FORMAT'],
      [await pngClaiming(20_000, 20_000), 'IMAGE_TOO_LARGE'],
      [Buffer.alloc(10 * 1024 * 1024 + 1, whole), 'IMAGE_TOO_LARGE'],
      [await photo({ width: 400, height: 20 }), 'INVALID_INPUT'],
    ];
    for (const [image, code] of refused) expectRefusal(await put(alice, image), code, { field: 'image' });
    expectRefusal(await alice.form('PUT', '/v1/users/me/avatar', new FormData()), 'INVALID_INPUT', {
      field: 'image',
    });
    const form = photoForm(whole, { caption: 'x' });
    expectRefusal(await alice.form('PUT', '/v1/users/me/avatar', form), 'INVALID_INPUT', {
      field: 'caption',
    });
    const two = photoForm(whole);
    two.append('image', new Blob([new Uint8Array(whole)]), 'b.jpg');
    expectRefusal(await alice.form('PUT', '/v1/users/me/avatar', two), 'INVALID_INPUT', { field: 'image' });
    expectRefusal(await send(w.base, 'PUT', '/v1/users/me/avatar'), 'UNAUTHORIZED');
    expectRefusal(await send(w.base, 'DELETE', '/v1/users/me/avatar'), 'UNAUTHORIZED');
    expect(await urlOf(alice)).to.equal(before);
    expect((await fetched(before)).status).to.equal(200);
  });

  it('is seen by nobody while the account is hidden', async () => {
    const alice = await joined();
    const url = (await put(alice, await photo())).body.profile_pic_url;
    await w.tools.db
      .updateTable('users')
      .set({ suspended_at: new Date() })
      .where('user_id', '=', alice.userId)
      .execute();
    expect((await fetched(url)).status).to.equal(404);
  });
});
