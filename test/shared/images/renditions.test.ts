import { readFile, stat } from 'node:fs/promises';
import { decode as decodeBlurhash } from 'blurhash';
import { expect } from 'chai';
import sharp from 'sharp';
import { filterNames } from '../../../shared/images/filter-names.ts';
import { blurhashDistance, colourOf, type Decoding, distance, openDecoding } from '../../tools/decoding.ts';
import { hiddenTexts, type PhotoOptions, photo } from '../../tools/photos.ts';

describe('renditions', function () {
  this.timeout(20_000);
  let decoding: Decoding;

  before(async () => {
    decoding = await openDecoding();
  });
  after(() => decoding[Symbol.asyncDispose]());

  /** The path of the large rendition. */
  async function large(...given: Parameters<Decoding['render']>): Promise<string> {
    const [, , rendition] = await decoding.render(...given);
    return rendition?.path as string;
  }

  describe('sizes', () => {
    const sizes: [what: string, width: number, height: number, expected: [number, number][]][] = [
      [
        'of a large picture are as wide as promised',
        1600,
        2000,
        [
          [150, 150],
          [640, 800],
          [1080, 1350],
        ],
      ],
      [
        'of a tiny picture are not enlarged, save for the thumb',
        20,
        10,
        [
          [150, 150],
          [20, 10],
          [20, 10],
        ],
      ],
      [
        'of a single pixel exist',
        1,
        1,
        [
          [150, 150],
          [1, 1],
          [1, 1],
        ],
      ],
      [
        'of the widest picture exist',
        2000,
        200,
        [
          [150, 150],
          [640, 64],
          [1080, 108],
        ],
      ],
      [
        'of the tallest picture exist',
        200,
        2000,
        [
          [150, 150],
          [200, 2000],
          [200, 2000],
        ],
      ],
    ];
    for (const [what, width, height, expected] of sizes) {
      it(what, async () => {
        const renditions = await decoding.render(await photo({ width, height }));
        expect(renditions.map(({ name }) => name)).to.deep.equal(['thumb', 'medium', 'large']);
        expect(renditions.map((rendition) => [rendition.width, rendition.height])).to.deep.equal(expected);
        for (const rendition of renditions) {
          const found = await sharp(rendition.path).metadata();
          expect([found.format, found.width, found.height]).to.deep.equal([
            'jpeg',
            rendition.width,
            rendition.height,
          ]);
          expect((await stat(rendition.path)).size).to.equal(rendition.bytes);
        }
      });
    }
  });

  it('show what the original shows, whatever its format', async () => {
    const shape: PhotoOptions = { width: 400, height: 300, seed: 4 };
    const original = await photo(shape);
    for (const format of [
      'jpeg',
      'progressive',
      'png',
      'interlaced',
      'webp',
      'gif',
      'avif',
      'tiff',
    ] as const) {
      const made = await large(await photo({ ...shape, format }));
      // Grain is what lossy formats lose; another picture is more than 12 away.
      expect(await distance(made, original), format).to.be.below(10);
    }
  });

  it('carry no metadata of any kind', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'avif', 'tiff'] as const) {
      const original = await photo({ format, metadata: true, orientation: 1 });
      const before = await sharp(original).metadata();
      expect(before.icc, format).to.be.instanceOf(Buffer);
      // sharp keeps EXIF in TIFF's own tags.
      if (format !== 'tiff') expect(before.exif?.toString('latin1'), format).to.include(hiddenTexts[0]);
      for (const { path } of await decoding.render(original)) {
        const { exif, icc, iptc, xmp, comments, orientation } = await sharp(path).metadata();
        expect([exif, icc, iptc, xmp, comments, orientation]).to.deep.equal(Array(6).fill(undefined));
        const bytes = await readFile(path, 'latin1');
        for (const text of [...hiddenTexts, 'Exif', 'GPS', 'ICC_PROFILE', 'http://ns.adobe.com']) {
          expect(bytes).not.to.include(text);
        }
      }
    }
  });

  describe('orientation', () => {
    const shape: PhotoOptions = { width: 400, height: 240, seed: 4 };

    it('a picture and its mirror images are far apart, or the next tests would prove nothing', async () => {
      const upright = await photo(shape);
      expect(await distance(upright, await sharp(upright).flop().toBuffer())).to.be.above(12);
      expect(await distance(upright, await sharp(upright).flip().toBuffer())).to.be.above(12);
    });

    for (let orientation = 1; orientation <= 8; orientation++) {
      it(`${orientation} is undone in measures, blurhash and renditions`, async () => {
        for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
          const turned = await photo({ ...shape, format, orientation });
          expect((await sharp(turned).metadata()).orientation, format).to.equal(orientation);
          const { width, height, aspectRatio, blurhash } = await decoding.inspect(turned);
          expect([width, height, aspectRatio], format).to.deep.equal([400, 240, 400 / 240]);
          const upright = await photo({ ...shape, format });
          expect(blurhashDistance(blurhash, (await decoding.inspect(upright)).blurhash)).to.be.below(4);
          expect(await distance(await large(turned), await large(upright)), format).to.be.below(8);
        }
      });
    }
  });

  describe('colour', () => {
    const red = (channels: 3 | 4 = 3) =>
      sharp({
        create: { width: 200, height: 150, channels, background: { r: 255, g: 0, b: 0, alpha: 0.5 } },
      });
    const colours: [what: string, image: () => Promise<Buffer>, expected: [number, number, number]][] = [
      ['16 bits a channel', () => red().toColourspace('rgb16').png().toBuffer(), [255, 0, 0]],
      ['CMYK', () => red().toColourspace('cmyk').withIccProfile('cmyk').jpeg().toBuffer(), [224, 31, 28]],
      ['grey', () => red().toColourspace('b-w').png().toBuffer(), [127, 127, 127]],
      ['half transparent red, on white', () => red(4).png().toBuffer(), [255, 127, 127]],
      // The same red has smaller numbers in a larger space.
      ['Display P3', () => red().withIccProfile('p3').png().toBuffer(), [255, 0, 0]],
    ];
    for (const [what, image, expected] of colours) {
      it(`${what} becomes sRGB`, async () => {
        const bytes = await image();
        for (const { path } of await decoding.render(bytes)) {
          const { space, channels } = await sharp(path).metadata();
          expect([space, channels]).to.deep.equal(['srgb', 3]);
          const found = await colourOf(path);
          for (const at of [0, 1, 2] as const) expect(found[at], `${found}`).to.be.closeTo(expected[at], 6);
        }
        const [r = 0, g = 0, b = 0] = decodeBlurhash((await decoding.inspect(bytes)).blurhash, 1, 1);
        expect(Math.hypot(r - expected[0], g - expected[1], b - expected[2])).to.be.below(40);
      });
    }
  });

  describe('filters', () => {
    it('each changes the picture, each in its own way, and none does not', async () => {
      const original = await photo({ width: 300, height: 200, seed: 2 });
      const made = new Map<string, string>();
      for (const filter of filterNames) made.set(filter, await large(original, filter));
      expect(await distance(made.get('none') as string, original)).to.be.below(4);
      for (const [one, onePath] of made) {
        for (const [other, otherPath] of made) {
          if (one >= other) continue;
          expect(await distance(onePath, otherPath), `${one} and ${other}`).to.be.above(4);
        }
      }
    });

    it('the blurhash shows what the renditions show', async () => {
      const original = await photo({ width: 300, height: 200, seed: 2 });
      const hashes = new Set<string>();
      for (const filter of filterNames) {
        const { blurhash } = await decoding.inspect(original, filter);
        const { blurhash: ofRendition } = await decoding.decoder.inspect(await large(original, filter));
        expect(blurhashDistance(blurhash, ofRendition), filter).to.be.below(4);
        hashes.add(blurhash);
      }
      expect(hashes.size).to.equal(filterNames.length);
    });

    it('a filter is the same on every rendition', async () => {
      const [thumb, medium, big] = await decoding.render(
        await photo({ width: 1200, height: 1200 }),
        'perpetua',
      );
      for (const { path, width } of [thumb, medium].flatMap((rendition) => rendition ?? [])) {
        const shrunk = await sharp(big?.path).resize(width).toBuffer();
        expect(await distance(path, shrunk)).to.be.below(4);
      }
    });

    it('moon is without colour', async () => {
      const [red, green, blue] = await colourOf(await large(await photo({ seed: 1 }), 'moon'));
      expect(Math.max(red, green, blue) - Math.min(red, green, blue)).to.be.below(4);
    });
  });
});
