import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { keyOf } from '../../../shared/ids.ts';
import { type Client, photoForm } from '../../tools/client.ts';
import { filesBelow } from '../../tools/files.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

const heicPath = fileURLToPath(new URL('../../fixtures/portrait.heic', import.meta.url));

type Media = { images: Record<string, string>; alt_text: string | null; width: number; height: number };

describe('POST /v1/posts with several images', () => {
  let w: World;
  let alice: Client;
  before(async () => {
    w = await world({ serves: [], env: { DECODER_PROCESSES: '2' } });
    alice = await w.join('alice');
  });
  after(() => w[Symbol.asyncDispose]());

  /** Pictures that can be told by their width: 21, 22, … */
  const pictures = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => photo({ width: 21 + n, height: 20 })));
  const altTextsOf = (body: { media: Media[] }) => body.media.map(({ alt_text }) => alt_text);

  it('answers 201 with an entry for each, in their order, the first also on top', async () => {
    const reply = await alice.upload(await pictures(10), { caption: 'ten' });
    expect(reply.status, reply.text).to.equal(201);
    const { body } = reply;
    const key = keyOf(body.post_id);
    expect(body.media.map(({ width }: Media) => width)).to.eql([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    body.media.forEach(({ images, ...rest }: Media, index: number) => {
      const name = index === 0 ? key : `${key}_${index + 1}`;
      expect(images).to.eql({
        thumbnail: `${w.config.CDN_BASE_URL}/p/${name}/thumb.jpg`,
        medium: `${w.config.CDN_BASE_URL}/p/${name}/medium.jpg`,
        large: `${w.config.CDN_BASE_URL}/p/${name}/large.jpg`,
      });
      expect(rest).to.have.all.keys('blurhash', 'aspect_ratio', 'width', 'height', 'alt_text');
    });
    const [first] = body.media;
    expect(body).to.deep.include({
      images: first.images,
      blurhash: first.blurhash,
      aspect_ratio: first.aspect_ratio,
    });
    expect((await alice.get(`/v1/posts/${body.post_id}`)).body, 'and reads the same').to.eql(body);
    expect((await alice.get('/v1/feed')).body.posts[0], 'in the feed, too').to.eql(body);
  });

  it('keeps a row and an original of each', async () => {
    const images = await pictures(3);
    const { post_id: postId } = (await alice.upload(images)).body;
    const rows = await w.tools.db
      .selectFrom('post_images')
      .innerJoin('posts', 'posts.id', 'post_images.post_id')
      .select(['position', 'image_key', 'original_key', 'posts.image_urls', 'post_images.width'])
      .where('posts.post_id', '=', postId)
      .orderBy('position')
      .execute();
    const key = keyOf(postId);
    expect(rows.map(({ position, image_key, width }) => [position, image_key, width])).to.eql([
      [1, key, 21],
      [2, `${key}_2`, 22],
      [3, `${key}_3`, 23],
    ]);
    for (const [index, { original_key, image_urls }] of rows.entries()) {
      expect(original_key).to.equal(`originals/${key}/${index + 1}.jpg`);
      const found = await w.tools.images.stat(original_key);
      expect(found?.sizeBytes).to.equal(images[index]?.length);
      expect(image_urls[index]?.large).to.equal(`/p/${rows[index]?.image_key}/large.jpg`);
    }
    const uploads = await filesBelow(`${w.config.DATA_DIR}/uploads`);
    expect(uploads, 'what came by the form is gone').to.eql([]);
  });

  it('takes a text for each image: once for the first, repeated, or as a JSON array', async () => {
    const images = await pictures(3);
    const upload = async (fields: Record<string, unknown>) => {
      const reply = await alice.upload(images, fields);
      expect(reply.status, reply.text).to.equal(201);
      return altTextsOf(reply.body);
    };
    expect(await upload({})).to.eql([null, null, null]);
    expect(await upload({ alt_text: 'the first' })).to.eql(['the first', null, null]);
    expect(await upload({ alt_text: ['1', '2', '3'] })).to.eql(['1', '2', '3']);
    expect(await upload({ alt_text: [null, ' 2 '] })).to.eql([null, '2', null]);
    expect(await upload({ alt_text: [] })).to.eql([null, null, null]);
    for (const text of ['[sic] a sea', '[', '["a"] and more', '{"a":1}', '7', 'null']) {
      expect(await upload({ alt_text: text }), text).to.eql([text, null, null]);
    }
    const form = photoForm(images);
    for (const text of ['one', '', 'שלוש 🌅']) form.append('alt_text', text);
    const repeated = await alice.form('POST', '/v1/posts', form);
    expect(altTextsOf(repeated.body)).to.eql(['one', null, 'שלוש 🌅']);
  });

  it('takes any mixture of formats, HEIC from a phone among them, and keeps each as it is', async () => {
    const heic = await readFile(heicPath);
    const images = [await photo({ format: 'png' }), heic, await photo({ format: 'webp' })];
    const { body, status, text } = await alice.upload(images);
    expect(status, text).to.equal(201);
    expect(body.media[1]).to.deep.include({ width: 240, height: 320, aspect_ratio: 0.75 });
    const key = keyOf(body.post_id);
    const stored = await w.tools.images.stat(`originals/${key}/2.heic`);
    expect([stored?.contentType, stored?.sizeBytes]).to.eql(['image/heic', heic.length]);
    expectRefusal(await alice.upload([heic, heic.subarray(0, -9)]), 'INVALID_FORMAT', {
      field: 'image',
      reason: /^Image 2 of 2: The image is damaged or incomplete/,
    });
  });

  it('repeats its answer under an Idempotency-Key, which tells the images and their order apart', async () => {
    const [one, two] = (await pictures(2)) as [Buffer, Buffer];
    const key = { 'Idempotency-Key': 'a-carousel' };
    const posts = async () => (await alice.get('/v1/users/me')).body.post_count;
    const before = await posts();
    const first = await alice.upload([one, two], { alt_text: ['1', '2'] }, key);
    const again = await alice.upload([one, two], { alt_text: ['1', '2'] }, key);
    expect([again.status, again.text]).to.eql([201, first.text]);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    expect(await posts()).to.equal(before + 1);
    for (const [images, texts] of [
      [
        [two, one],
        ['1', '2'],
      ],
      [[one], ['1', '2']],
      [
        [one, two, two],
        ['1', '2'],
      ],
      [
        [one, two],
        ['2', '1'],
      ],
    ] as [Buffer[], string[]][]) {
      const other = await alice.upload(images, { alt_text: texts }, key);
      expectRefusal(other, 'UNPROCESSABLE', { field: 'Idempotency-Key' });
    }
    expect(await posts()).to.equal(before + 1);
  });

  it('that is sent twice at once under one key happens once, and leaves no second set of originals', async () => {
    const images = await pictures(4);
    const stored = async () => (await filesBelow(`${w.config.DATA_DIR}/images/objects`)).length;
    const before = await stored();
    const key = { 'Idempotency-Key': 'twice-at-once' };
    const replies = await Promise.all([1, 2].map(() => alice.upload(images, {}, key)));
    expect(replies.map(({ status }) => status).sort()).to.eql([201, 409]);
    expect(await stored()).to.equal(before + 4);
  });

  it('looks at several images at once, and no more of them than there are processes', async () => {
    let most = 0;
    const watch = setInterval(() => {
      const { running, waiting } = w.tools.decoder.stats();
      most = Math.max(most, running + waiting);
    }, 1);
    const images = await Promise.all(
      Array.from({ length: 6 }, (_, seed) => photo({ width: 1_200, height: 1_200, seed, format: 'png' })),
    );
    const { status } = await alice.upload(images);
    clearInterval(watch);
    expect(status).to.equal(201);
    expect(most).to.equal(2);
  });

  it('says how many it takes, and that HEIC is among what it decodes', async () => {
    const { body } = await alice.get('/v1/capabilities');
    expect(body.limits.max_images_per_post).to.equal(10);
    expect(body.image_formats).to.include('heic');
    expect(body.image_media_types).to.include.members(['image/heic', 'image/heif', 'image/jpeg']);
  });
});
