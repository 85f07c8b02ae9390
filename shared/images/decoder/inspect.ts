/** What has to be known of an image before its upload is answered. */
import { encode } from 'blurhash';
import type { FilterName } from '../filter-names.ts';
import { applyFilter } from '../filters.ts';
import { DecodeError } from './decode-error.ts';
import { contentTypes, type ImageFormat } from './formats.ts';
import { hasJpegEnd } from './jpeg-end.ts';
import { decode, fromPicture, type Picture, readHeader } from './open-image.ts';

export type Inspection = {
  format: ImageFormat;
  /** The media type the bytes have, whatever the upload said. */
  contentType: string;
  /** Pixels, after orientation. */
  width: number;
  height: number;
  /** width / height, not rounded. */
  aspectRatio: number;
  /** Of 4×3 components (https://github.com/woltapp/blurhash), with the filter applied. */
  blurhash: string;
};

/** A blurhash of 4×3 components holds no detail a picture this size lacks. */
const blurhashSide = 32;
const [componentsX, componentsY] = [4, 3];

/**
 * Checks that the file is an image within the limits which decodes whole, and describes it.
 *
 * @throws {DecodeError} of any kind but `crashed` and `timeout`.
 */
export async function inspect(path: string, filter: FilterName): Promise<Inspection> {
  const { format, width, height, aspectRatio } = await readHeader(path);
  if (format === 'jpeg' && !(await hasJpegEnd(path))) {
    throw new DecodeError('broken', 'The image is incomplete: its end is missing');
  }
  const size = { width: blurhashSide, height: blurhashSide };
  // libheif knows one degree of strictness, so there is nothing to try twice.
  const small = format === 'heic' ? await decode(path, size, 'error') : await decodeStrictly(path, size);
  const blurhash = await blurhashOf(small, filter);
  return { format, contentType: contentTypes[format], width, height, aspectRatio, blurhash };
}

/** The words of libjpeg (JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_MUST_RESYNC), of libnsgif and of libtiff. */
const dataIsMissing =
  /premature end|bad huffman code|instead of RST|invalid frame data|seek error at|read error at/i;

/**
 * Decodes so that damage is noticed. Many sound photos make a decoder warn (of an unknown tag, of bytes between
 * markers, of a profile it knows better), so a file with warnings gets a second chance at being decoded
 * without errors, unless the warning itself tells that picture data is missing.
 */
async function decodeStrictly(path: string, size: { width: number; height: number }): Promise<Picture> {
  try {
    return await decode(path, size, 'warning');
  } catch (error) {
    if (!(error instanceof DecodeError) || error.kind !== 'broken') throw error;
    if (dataIsMissing.test(error.detail ?? '')) throw error;
    return await decode(path, size, 'error');
  }
}

async function blurhashOf(picture: Picture, filter: FilterName): Promise<string> {
  const { data, info } = await applyFilter(fromPicture(picture), filter, picture)
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return encode(new Uint8ClampedArray(data), info.width, info.height, componentsX, componentsY);
}
