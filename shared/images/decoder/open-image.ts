/** The first steps with any file: what it is, how large it claims to be, and its pixels at a given size. */
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { aspectRatios, maxPixels } from '../limits.ts';
import { DecodeError } from './decode-error.ts';
import { type ImageFormat, imageFormats, sniffFormat } from './formats.ts';
import { canDecodeHeif, decodeHeif, readHeifSize } from './heif.ts';

/** Pixels in sRGB: 3 channels of 8 bits, no alpha. */
export type Picture = { data: Buffer; width: number; height: number };

/**
 * Only these loaders of libvips may run, so nothing hostile reaches the others: SVG and PDF can name
 * other files, and libvips' own format trusts its input. libvips passes over loaders that are blocked, so an
 * Ultra HDR photo is read as the plain JPEG it also is.
 */
export function allowOnlyPhotos(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: [
      ...['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif', 'Tiff'].map((name) => `VipsForeignLoad${name}File`),
      // For what is made here itself.
      'VipsForeignLoadPngBuffer',
    ],
  });
}

/**
 * The formats that can be read here: what the installed sharp says of itself (its `heif` loader reads AVIF only if
 * it says so), and HEIC if libheif can be loaded.
 */
export function decodableFormats(): ImageFormat[] {
  return imageFormats.filter((name) => {
    if (name === 'heic') return canDecodeHeif();
    const { input } = sharp.format[name === 'avif' ? 'heif' : name];
    return input.file && input.fileSuffix?.includes(name === 'jpeg' ? '.jpg' : `.${name}`);
  });
}

/**
 * Reads the header of the file, and nothing more.
 *
 * @returns width and height in pixels after orientation.
 * @throws {DecodeError} `format`, `broken`, `pixels` or `aspect`.
 */
export async function readHeader(
  path: string,
): Promise<{ format: ImageFormat; width: number; height: number; aspectRatio: number }> {
  const format = await sniffFormat(path);
  const { width, height } = format === 'heic' ? await readHeifSize(path) : await readSize(path);
  if (width * height > maxPixels) {
    const megapixels = Math.ceil((width * height) / 1e6);
    throw new DecodeError('pixels', `${megapixels} megapixels exceed the limit of ${maxPixels / 1e6}`);
  }
  const aspectRatio = width / height;
  if (aspectRatio < aspectRatios.min || aspectRatio > aspectRatios.max) {
    throw new DecodeError(
      'aspect',
      `The aspect ratio of ${width}×${height} is ${aspectRatio.toPrecision(2)}; it must be between ${aspectRatios.min} and ${aspectRatios.max}`,
    );
  }
  return { format, width, height, aspectRatio };
}

async function readSize(path: string): Promise<{ width: number; height: number }> {
  // The limit is checked by the caller, whose refusal can say how large the image is.
  const { autoOrient } = await sharp(path, { limitInputPixels: false, failOn: 'error' })
    .metadata()
    .catch(asDecodeError);
  return autoOrient;
}

/**
 * Decodes the first frame: upright, on white, in sRGB, no larger than asked and never enlarged. A loader
 * that can decodes at a fraction of the size (JPEG by the power of two in its DCT, WebP at any).
 *
 * @param failOn see sharp; how much damage is too much. libheif decides for itself.
 * @throws {DecodeError} `broken`, `pixels`, or `format` for a HEIF of another coding.
 */
export async function decode(
  path: string,
  size: { width: number; height?: number },
  failOn: NonNullable<SharpOptions['failOn']>,
): Promise<Picture> {
  if ((await sniffFormat(path)) === 'heic') return decodeHeif(path, size);
  const { data, info } = await sharp(path, { failOn, limitInputPixels: maxPixels })
    .autoOrient()
    .resize({ ...size, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(asDecodeError);
  return { data, width: info.width, height: info.height };
}

/** A pipeline that starts from pixels. */
export function fromPicture({ data, width, height }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** What libvips says names paths and libraries, so it is kept for the log. */
function asDecodeError(error: unknown): never {
  const detail = error instanceof Error ? error.message : String(error);
  if (/out of memory|insufficient memory|memory allocation|cannot allocate/i.test(detail)) {
    throw new DecodeError('pixels', 'The image needs more memory to decode than one image may take', detail);
  }
  throw new DecodeError('broken', 'The image is damaged or incomplete and cannot be decoded', detail);
}
