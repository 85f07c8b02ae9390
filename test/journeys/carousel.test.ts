/** Ten photos travel in one post: to a follower, in their order, and out of the world again. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import sharp from 'sharp';
import { appOf, dataOf, imageFile } from '../tools/app.ts';
import { distance } from '../tools/decoding.ts';
import { filesBelow } from '../tools/files.ts';
import { photo } from '../tools/photos.ts';
import { type World, world } from '../tools/world.ts';

describe('sharing a carousel', function () {
  this.timeout(40_000);
  let w: World;
  before(async () => {
    w = await world();
  });
  after(() => w[Symbol.asyncDispose]());

  async function get(url: string) {
    const response = await fetch(url.replace(w.config.CDN_BASE_URL, w.base));
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
  }
  const objects = () => filesBelow(`${w.config.DATA_DIR}/images/objects`);

  it('reaches a follower in its order, every URL answering at once, and leaves nothing when deleted', async () => {
    const [alice, bob] = [await w.join('alice'), await w.join('bob')];
    await bob.post('/v1/users/@alice/follow');
    await w.settle();
    const before = await objects();

    const shots = await Promise.all(
      Array.from({ length: 9 }, (_, n) =>
        photo({ width: 300 + 10 * n, height: 300, seed: n, orientation: 1 + (n % 8), metadata: true }),
      ),
    );
    // The fourth one comes from a phone.
    shots.splice(3, 0, await readFile(fileURLToPath(new URL('../fixtures/portrait.heic', import.meta.url))));
    const upright = await Promise.all(
      shots.map((_, at) => {
        const n = at < 3 ? at : at - 1;
        return at === 3
          ? photo({ width: 240, height: 320, seed: 4 })
          : photo({ width: 300 + 10 * n, height: 300, seed: n });
      }),
    );
    const texts = shots.map((_, n) => `picture ${n + 1}`);
    const body = { image: shots.map(imageFile), caption: 'A day out #walk', alt_text: texts };
    const created = await dataOf(appOf(w.base, alice).POST('/v1/posts', { body }));
    const { post_id: postId } = created;

    // Before any worker is known to have done anything: the last image first.
    const urls = created.media.map((each) => each.images);
    const early = await Promise.all(
      urls
        .toReversed()
        .flatMap((each) => Object.values(each))
        .map(get),
    );
    expect([...new Set(early.map(({ status }) => status))]).to.eql([200]);

    await w.settle();
    const [seen] = (await bob.get('/v1/feed')).body.posts;
    expect(seen).to.eql(created);
    expect(seen.media.map((each: { alt_text: string }) => each.alt_text)).to.eql(texts);
    for (const [at, { images, width, height }] of seen.media.entries()) {
      const { bytes } = await get(images.large);
      const found = await sharp(bytes).metadata();
      expect([found.width, found.height, found.exif], `image ${at + 1}`).to.eql([width, height, undefined]);
      expect(await distance(bytes, upright[at] as Buffer), `image ${at + 1}`).to.be.below(10);
      expect((await sharp((await get(images.thumbnail)).bytes).metadata()).width).to.equal(150);
    }
    expect((await objects()).length - before.length, 'an original and three sizes of each').to.equal(40);
    const found = (await bob.get('/v1/search?q=picture&type=post')).body.results;
    expect(found.map((each: { post: { post_id: string } }) => each.post.post_id)).to.eql([postId]);

    expect((await alice.delete(`/v1/posts/${postId}`)).status).to.equal(204);
    const gone = await Promise.all(urls.flatMap((each) => Object.values(each)).map(get));
    expect([...new Set(gone.map(({ status }) => status))]).to.eql([404]);
    expect((await bob.get('/v1/feed')).body.posts).to.eql([]);
    await w.settle();
    expect(await objects()).to.eql(before);
    for (const folder of ['uploads', 'renditions']) {
      expect(await filesBelow(`${w.config.DATA_DIR}/${folder}`), folder).to.eql([]);
    }
  });
});
