import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import sharp from 'sharp';
import { colourOf, type Decoding, distance, openDecoding } from '../../tools/decoding.ts';
import { hiddenTexts, photo } from '../../tools/photos.ts';

const fixture = fileURLToPath(new URL('../../fixtures/portrait.heic', import.meta.url));

/** Where the content of the last box of a type begins; the primary image is the last one in the file. */
function contentOf(file: Buffer, type: string): number {
  const at = file.lastIndexOf(type);
  if (at === -1) throw new Error(`there is no ${type} in the file`);
  return at + type.length;
}

describe('HEIC', function () {
  this.timeout(20_000);
  let decoding: Decoding;
  let heic: Buffer;
  /** What the fixture shows. */
  let shown: Buffer;

  before(async () => {
    decoding = await openDecoding();
    heic = await readFile(fixture);
    shown = await photo({ width: 240, height: 320, seed: 4 });
  });
  after(() => decoding[Symbol.asyncDispose]());

  /** The file with some bytes changed. */
  function changed(change: (file: Buffer) => void): Buffer {
    const file = Buffer.from(heic);
    change(file);
    return file;
  }
  const large = async (file: Buffer) => {
    const [, , rendition] = await decoding.render(file);
    return rendition?.path as string;
  };

  it('is told by its bytes and measured upright', async () => {
    const { blurhash, ...facts } = await decoding.inspect(heic);
    expect(facts).to.eql({
      format: 'heic',
      contentType: 'image/heic',
      width: 240,
      height: 320,
      aspectRatio: 0.75,
    });
    expect(blurhash).to.have.length(28);
  });

  it('goes by any brand of its kind, while an AVIF that names such a brand too stays one', async () => {
    for (const brand of ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']) {
      const { format } = await decoding.inspect(changed((file) => file.write(brand, 8, 'latin1')));
      expect(format, brand).to.equal('heic');
    }
    const avif = await photo({ format: 'avif' });
    expect(avif.toString('latin1', 8, 40)).to.include('mif1');
    avif.write('mif1', 8, 'latin1');
    expect((await decoding.inspect(avif)).format).to.equal('avif');
  });

  it('shows its primary image, turned once, in the colours it was taken in, in every rendition', async () => {
    const [thumb, medium, big] = await decoding.render(heic);
    expect([thumb?.width, medium?.width, big?.width, big?.height]).to.eql([150, 240, 240, 320]);
    const made = big?.path as string;
    expect(await distance(made, shown)).to.be.below(8);
    expect(await distance(made, await sharp(shown).rotate(180).toBuffer())).to.be.above(20);
    const middle = await sharp(shown).resize(150, 150).toBuffer();
    expect(await distance(thumb?.path as string, middle)).to.be.below(8);
  });

  it('is turned as its own properties say, whatever EXIF says beside them', async () => {
    // `irot` counts quarter turns to the left; the fixture's three are what makes it upright.
    const turns = [
      { angle: 0, undone: 90, size: [320, 240] },
      { angle: 1, undone: 180, size: [240, 320] },
      { angle: 2, undone: 270, size: [320, 240] },
    ];
    const upright = await large(heic);
    for (const { angle, undone, size } of turns) {
      const file = changed((each) => each.writeUInt8(angle, contentOf(each, 'irot')));
      const { width, height } = await decoding.inspect(file);
      expect([width, height], `${angle}`).to.eql(size);
      const back = await sharp(await large(file))
        .rotate(undone)
        .toBuffer();
      expect(await distance(back, upright), `${angle}`).to.be.below(4);
    }
    const exifAt = contentOf(heic, 'Exif\0\0');
    const exif = heic.subarray(exifAt, exifAt + 60);
    const orientation = exif.indexOf(Buffer.from([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0]));
    expect(orientation).to.be.above(0);
    const other = changed((file) => file.writeUInt8(3, exifAt + orientation + 9));
    expect(await distance(await large(other), upright)).to.equal(0);
  });

  it('is taken from its own colour profile to sRGB', async () => {
    const before = await colourOf(shown);
    const after = await colourOf(await large(heic));
    for (const at of [0, 1, 2] as const) expect(after[at]).to.be.closeTo(before[at], 4);
    // The same pixels without the profile that says how they are meant.
    const dull = changed((file) => file.write('free', file.lastIndexOf('colr'), 'latin1'));
    const [dullRed] = await colourOf(await large(dull));
    expect(Math.abs(dullRed - before[0])).to.be.above(4);
  });

  it('passes over a profile that is none', async () => {
    const plain = await large(changed((file) => file.write('free', file.lastIndexOf('colr'), 'latin1')));
    const none = changed((file) => file.fill(0xff, contentOf(file, 'prof'), contentOf(file, 'prof') + 400));
    expect(await distance(await large(none), plain)).to.be.below(2);
  });

  it('leaves nothing of where, with what and by whom it was taken in what is served', async () => {
    for (const text of hiddenTexts) expect(heic.toString('latin1')).to.include(text);
    for (const { path } of await decoding.render(heic)) {
      const { exif, icc, xmp, iptc, orientation } = await sharp(path).metadata();
      expect([exif, icc, xmp, iptc, orientation]).to.eql(Array(5).fill(undefined));
      const bytes = await readFile(path, 'latin1');
      for (const text of [...hiddenTexts, 'Exif', 'GPS', 'ICC_PROFILE']) expect(bytes).not.to.include(text);
    }
  });

  it('takes filters like any other picture', async () => {
    const [, , moon] = await decoding.render(heic, 'moon');
    const [red, green, blue] = await colourOf(moon?.path as string);
    expect(Math.max(red, green, blue) - Math.min(red, green, blue)).to.be.below(4);
  });

  it('that lacks its end is refused as broken, however little is missing', async () => {
    for (const share of [0.999, 0.99, 0.5, 0.1]) {
      const cut = heic.subarray(0, Math.floor(heic.length * share));
      const refusal = await decoding.refusalOf(cut);
      expect(refusal.kind, `${share} of the file`).to.equal('broken');
      expect(refusal.message).to.equal('The image is damaged or incomplete and cannot be decoded');
    }
    for (const bytes of [32, 16, 12]) {
      expect((await decoding.refusalOf(heic.subarray(0, bytes))).kind, `${bytes} bytes`).to.be.oneOf([
        'broken',
        'format',
      ]);
    }
  });

  it('of another coding than HEVC is refused as a format', async () => {
    const other = changed((file) => {
      for (let at = file.indexOf('hvc1'); at !== -1; at = file.indexOf('hvc1', at + 4)) {
        file.write('vvc1', at, 'latin1');
      }
    });
    expect((await decoding.refusalOf(other)).kind).to.be.oneOf(['format', 'broken']);
  });

  it('that claims more pixels than an image may have is refused before it is decoded', async () => {
    const huge = changed((file) => {
      const at = contentOf(file, 'ispe') + 4;
      file.writeUInt32BE(20_000, at);
      file.writeUInt32BE(20_000, at + 4);
    });
    expect(await decoding.refusalOf(huge)).to.include({
      kind: 'pixels',
      message: '400 megapixels exceed the limit of 100',
    });
  });

  it('whose pixels are others than it claims costs no process', async () => {
    for (const [width, height] of [
      [10, 14],
      [3_200, 2_400],
    ] as const) {
      const lying = changed((file) => {
        const at = contentOf(file, 'ispe') + 4;
        file.writeUInt32BE(width, at);
        file.writeUInt32BE(height, at + 4);
      });
      await decoding.inspect(lying).catch((error: { kind: string }) => {
        expect(error.kind).to.equal('broken');
      });
    }
    expect(decoding.decoder.stats()).to.include({ crashed: 0, timedOut: 0 });
  });

  it('with any one byte changed is shown or refused, and costs no process', async () => {
    // Bytes of the boxes, which is where a reader goes astray, and a few of the picture itself.
    const boxes = heic.indexOf('mdat');
    for (let at = 9; at < heic.length; at += at < boxes ? 17 : 601) {
      const file = changed((each) => each.writeUInt8((each[at] as number) ^ 0xff, at));
      const outcome = await decoding.inspect(file).catch((error: { kind: string }) => error.kind);
      if (typeof outcome !== 'object') {
        expect(outcome, `byte ${at}`).to.be.oneOf(['broken', 'format', 'pixels', 'aspect']);
      }
    }
    expect(decoding.decoder.stats()).to.include({ crashed: 0, timedOut: 0 });
    expect((await decoding.inspect(heic)).width, 'and the next one is served').to.equal(240);
  });
});
