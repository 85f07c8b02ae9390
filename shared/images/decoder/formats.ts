/** Which kind of image a file is, told by its first bytes and nothing else. */
import { open } from 'node:fs/promises';
import { DecodeError } from './decode-error.ts';

export const imageFormats = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff', 'heic'] as const;
export type ImageFormat = (typeof imageFormats)[number];

export const contentTypes: Record<ImageFormat, string> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
  tiff: 'image/tiff',
  heic: 'image/heic',
};

const accepted = 'send JPEG, PNG, WebP, GIF, AVIF, TIFF or HEIC';

/**
 * What a file of HEVC pictures calls itself (ISO/IEC 23008-12, annex B; https://github.com/nokiatech/heif), and
 * `mif1` and `msf1` for pictures of any coding. An AVIF says so beside them.
 */
const heifBrands = new Set([
  ...['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'],
  ...['mif1', 'mif2', 'msf1'],
]);

/** Enough for the brands of an ISO media file and for the first tag of an SVG behind its comments. */
const headBytes = 512;

/**
 * Tells the format of the file.
 *
 * @throws {DecodeError} `format`, naming what the file seems to be, if it is no image that is accepted.
 */
export async function sniffFormat(path: string): Promise<ImageFormat> {
  await using file = await open(path, 'r');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
  const head = buffer.subarray(0, bytesRead);
  if (head.length === 0) throw new DecodeError('format', `The file is empty; ${accepted}`);
  const format = formatOf(head);
  if (format) return format;
  const guess = guessOther(head);
  throw new DecodeError(
    'format',
    guess ? `${guess} cannot be decoded here; ${accepted}` : `The file is not an image; ${accepted}`,
  );
}

function formatOf(head: Buffer): ImageFormat | undefined {
  const text = (start: number, end: number) => head.toString('latin1', start, end);
  if (text(0, 3) === '\xff\xd8\xff') return 'jpeg';
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp';
  if (['GIF87a', 'GIF89a'].includes(text(0, 6))) return 'gif';
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(text(0, 4))) return 'tiff';
  const brands = brandsOf(head);
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'avif';
  return brands.some((brand) => heifBrands.has(brand)) ? 'heic' : undefined;
}

/** The brands an ISO base media file claims (ISO/IEC 14496-12, `ftyp`), the major one first. */
function brandsOf(head: Buffer): string[] {
  if (head.length < 16 || head.toString('latin1', 4, 8) !== 'ftyp') return [];
  const end = Math.min(head.readUInt32BE(0), head.length);
  const brands = [head.toString('latin1', 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.toString('latin1', at, at + 4));
  return brands;
}

/** Names what people send by mistake, so that the refusal says more than "no". */
function guessOther(head: Buffer): string | undefined {
  if (brandsOf(head).length > 0) return 'Video';
  const text = head.toString('latin1');
  if (text.startsWith('%PDF-')) return 'PDF';
  if (text.startsWith('BM')) return 'BMP';
  if (text.startsWith('\0\0\0\x0cJXL ') || text.startsWith('\xff\x0a')) return 'JPEG XL';
  if (/<svg[\s>]/i.test(text)) return 'SVG';
  return undefined;
}
