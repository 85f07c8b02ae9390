import { join } from 'node:path';
import { isBlurhashValid } from 'blurhash';
import { expect } from 'chai';
import sharp from 'sharp';
import { DecodeError } from '../../../shared/images/decoder.ts';
import { colourOf, type Decoding, openDecoding } from '../../tools/decoding.ts';
import { photo, pngClaiming } from '../../tools/photos.ts';

const formats = ['jpeg', 'progressive', 'png', 'interlaced', 'webp', 'gif', 'avif', 'tiff'] as const;

describe('the decoder', function () {
  this.timeout(20_000);
  let decoding: Decoding;

  before(async () => {
    decoding = await openDecoding();
  });
  after(() => decoding[Symbol.asyncDispose]());

  describe('formats', () => {
    it('all that are promised are decodable here', async () => {
      const found = await decoding.decoder.decodableFormats();
      expect(found).to.deep.equal(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff', 'heic']);
    });

    for (const format of formats) {
      it(`${format} is told by its bytes, whatever the file is called, and measured`, async () => {
        const { blurhash, ...facts } = await decoding.inspect(
          await photo({ width: 320, height: 200, format }),
        );
        const plain = { progressive: 'jpeg', interlaced: 'png' }[format as string] ?? format;
        expect(facts).to.deep.equal({
          format: plain,
          contentType: `image/${plain}`,
          width: 320,
          height: 200,
          aspectRatio: 1.6,
        });
        expect(isBlurhashValid(blurhash).result).to.equal(true);
        // 4×3 components take 28 characters.
        expect(blurhash).to.have.length(28);
      });

      it(`${format} that lacks its end is refused as broken, however little is missing`, async () => {
        const whole = await photo({ width: 400, height: 300, format });
        for (const share of [0.99, 0.5, 0.1]) {
          const cut = whole.subarray(0, Math.floor(whole.length * share));
          expect((await decoding.refusalOf(cut)).kind, `${share} of the file`).to.equal('broken');
        }
      });
    }

    it('of an animation the first frame counts', async () => {
      for (const format of ['gif', 'webp'] as const) {
        const frame = (background: string) =>
          sharp({ create: { width: 60, height: 40, channels: 3, background } })
            .png()
            .toBuffer();
        const frames = [await frame('#ff0000'), await frame('#0000ff')];
        const animation = await sharp(frames, { join: { animated: true } })
          .toFormat(format)
          .toBuffer();
        expect((await sharp(animation).metadata()).pages).to.equal(2);
        const { width, height } = await decoding.inspect(animation);
        expect([width, height]).to.deep.equal([60, 40]);
        const [, , large] = await decoding.render(animation);
        const [red, , blue] = await colourOf(large?.path as string);
        expect([red > 200, blue < 50]).to.deep.equal([true, true]);
      }
    });

    const refused: [what: string, bytes: Uint8Array | string, message: RegExp][] = [
      ['an empty file', '', /^The file is empty/],
      ['text', 'This is not a picture.', /^The file is not an image/],
      ['SVG', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', /^SVG cannot be decoded/],
      ['PDF', '%PDF-1.7\n', /^PDF cannot be decoded/],
      ['video', Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0isommp42', 'latin1'), /^Video cannot be decoded/],
      ["libvips' own format", Buffer.from('b6a6f208'.repeat(40), 'hex'), /^The file is not an image/],
    ];
    for (const [what, bytes, message] of refused) {
      it(`${what} is refused, in words that say what it is`, async () => {
        const refusal = await decoding.refusalOf(bytes);
        expect(refusal.kind).to.equal('format');
        expect(refusal.message).to.match(message);
      });
    }
  });

  describe('damage', () => {
    it('the first bytes of a format alone are a broken image', async () => {
      for (const start of ['ffd8ffe000104a464946', '89504e470d0a1a0a', '49492a0008000000']) {
        expect((await decoding.refusalOf(Buffer.from(start, 'hex'))).kind).to.equal('broken');
      }
    });

    it('a JPEG with data missing in its middle is broken', async () => {
      const whole = await photo({ width: 800, height: 600 });
      const middle = whole.length >> 1;
      const gap = Buffer.concat([whole.subarray(0, middle), whole.subarray(middle + 8_000)]);
      expect((await decoding.refusalOf(gap)).kind).to.equal('broken');
    });

    it('a TIFF one of whose tiles lies beyond the end of the file is broken', async () => {
      const tile = { tile: true, tileWidth: 64, tileHeight: 64, compression: 'deflate' } as const;
      const whole = await sharp(await photo())
        .tiff(tile)
        .toBuffer();
      expect((await decoding.inspect(whole)).width).to.equal(320);
      // TIFF 6.0: a directory of 12-byte entries; of tag 324, TileOffsets, the value is where the offsets are.
      const directory = whole.readUInt32LE(4);
      const entries = Array.from({ length: whole.readUInt16LE(directory) }, (_, n) => directory + 2 + 12 * n);
      const offsets = entries.find((entry) => whole.readUInt16LE(entry) === 324) as number;
      whole.writeUInt32LE(0x7f000000, whole.readUInt32LE(offsets + 8) + 4);
      expect((await decoding.refusalOf(whole)).kind).to.equal('broken');
    });

    it('a JPEG followed by other data, as phones append it, is accepted', async () => {
      const { width } = await decoding.inspect(Buffer.concat([await photo(), Buffer.alloc(5_000, 7)]));
      expect(width).to.equal(320);
    });

    it('a warning that loses no picture data is no reason to refuse', async () => {
      const whole = await photo({ format: 'progressive' });
      const extraneous = Buffer.concat([whole.subarray(0, -2), Buffer.alloc(50), whole.subarray(-2)]);
      const strict = await sharp(extraneous, { failOn: 'warning' })
        .raw()
        .toBuffer()
        .catch((error: Error) => error.message);
      expect(strict).to.include('extraneous bytes');
      expect((await decoding.inspect(extraneous)).width).to.equal(320);
    });

    it('what the client is told never names a path', async () => {
      const whole = await photo({ format: 'avif' });
      const { message } = await decoding.refusalOf(whole.subarray(0, whole.length >> 1));
      expect(message).to.equal('The image is damaged or incomplete and cannot be decoded');
    });

    it('a file that is not there is an error of the system', async () => {
      const missing = decoding.decoder.inspect(join(decoding.folder, 'nowhere'));
      const error = await missing.catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(Error).and.not.instanceOf(DecodeError);
      expect((error as Error).message).to.include('ENOENT');
    });
  });

  describe('limits', () => {
    it('a small file that claims 20000×20000 is refused before it is decoded', async () => {
      const bomb = await pngClaiming(20_000, 20_000);
      expect(bomb.length).to.be.below(200);
      expect(await decoding.refusalOf(bomb)).to.include({
        kind: 'pixels',
        message: '400 megapixels exceed the limit of 100',
      });
    });

    it('100 megapixels are accepted, and 101 are not', async () => {
      const flat = sharp({ create: { width: 10_000, height: 10_000, channels: 3, background: '#336699' } });
      expect((await decoding.inspect(await flat.jpeg().toBuffer())).width).to.equal(10_000);
      expect((await decoding.refusalOf(await pngClaiming(10_100, 10_000))).kind).to.equal('pixels');
    });

    it('the aspect ratio may be 10 and 0.1 but no more extreme, counted upright', async () => {
      const shape = (width: number, height: number) => photo({ width, height });
      expect((await decoding.inspect(await shape(1000, 100))).aspectRatio).to.equal(10);
      expect((await decoding.inspect(await shape(100, 1000))).aspectRatio).to.equal(0.1);
      expect(await decoding.refusalOf(await shape(100, 1100))).to.include({
        kind: 'aspect',
        message: 'The aspect ratio of 100×1100 is 0.091; it must be between 0.1 and 10',
      });
      expect((await decoding.refusalOf(await shape(1100, 100))).kind).to.equal('aspect');
      const turned = await photo({ width: 100, height: 1100, orientation: 6 });
      expect((await decoding.refusalOf(turned)).message).to.match(/100×1100/);
    });
  });
});
