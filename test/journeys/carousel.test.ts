/** Ten photos travel in one post: to a follower, in their order, and out of the world again. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import sharp from 'sharp';
import { asking, at, dataOf, done, imageFile, joinApp } from '../tools/app.ts';
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

  it('reaches a follower in its order, every URL answering at once, and leaves nothing when deleted', async () => {
    const [alice, bob] = [await joinApp(w.base, 'alice'), await joinApp(w.base, 'bob')];
    await dataOf(bob.POST('/v1/users/{user_id}/follow', at({ user_id: '@alice' })));
    await w.settle();
    const before = await w.objects();

    const shots = await Promise.all(
      Array.from({ length: 9 }, (_, n) =>
        photo({ width: 300 + 10 * n, height: 300, seed: n, orientation: 1 + (n % 8), metadata: true }),
      ),
    );
    // The fourth one comes from a phone.
    shots.splice(3, 0, await readFile(fileURLToPath(new URL('../fixtures/portrait.heic', import.meta.url))));
    const upright = await Promise.all(
      shots.map((_, index) => {
        const n = index < 3 ? index : index - 1;
        return index === 3
          ? photo({ width: 240, height: 320, seed: 4 })
          : photo({ width: 300 + 10 * n, height: 300, seed: n });
      }),
    );
    const texts = shots.map((_, n) => `picture ${n + 1}`);
    const body = { image: shots.map(imageFile), caption: 'A day out #walk', alt_text: texts };
    const created = await dataOf(alice.POST('/v1/posts', { body }));
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
    const { posts } = await dataOf(bob.GET('/v1/feed'));
    expect(posts).to.eql([created]);
    expect(created.media.map((each) => each.alt_text)).to.eql(texts);
    for (const [index, { images, width, height }] of created.media.entries()) {
      const { bytes } = await get(images.large);
      const found = await sharp(bytes).metadata();
      expect([found.width, found.height, found.exif], `image ${index + 1}`).to.eql([
        width,
        height,
        undefined,
      ]);
      expect(await distance(bytes, upright[index] as Buffer), `image ${index + 1}`).to.be.below(10);
      expect((await sharp((await get(images.thumbnail)).bytes).metadata()).width).to.equal(150);
    }
    expect((await w.objects()).length - before.length, 'an original and three sizes of each').to.equal(40);
    const found = await dataOf(bob.GET('/v1/search', asking({ q: 'picture', type: 'post' })));
    expect(found.results.map((each) => each.type === 'post' && each.post.post_id)).to.eql([postId]);

    await done(alice.DELETE('/v1/posts/{post_id}', at({ post_id: postId })));
    const gone = await Promise.all(urls.flatMap((each) => Object.values(each)).map(get));
    expect([...new Set(gone.map(({ status }) => status))]).to.eql([404]);
    expect((await dataOf(bob.GET('/v1/feed'))).posts).to.eql([]);
    await w.settle();
    expect(await w.objects()).to.eql(before);
    for (const folder of ['uploads', 'renditions']) {
      expect(await filesBelow(`${w.config.DATA_DIR}/${folder}`), folder).to.eql([]);
    }
  });
});
