/**
 * HEIC and HEIF, as phones take them: libheif with its HEVC decoder, compiled to WebAssembly. It blocks its process
 * while it decodes, so it runs in the decoding processes only; loading it takes a tenth of a second, so it
 * is loaded by the first such image.
 *
 * libheif's own functions are called rather than the wrapper that libheif-js puts around them: it copies each picture
 * twice (380 MB for 12 megapixels where this takes 200) and throws past its caller.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import sharp from 'sharp';
import { DecodeError } from './decode-error.ts';
import { profileOf } from './heif-profile.ts';
import { toSrgb } from './to-srgb.ts';

/** Opaque pointers into libheif's memory. */
type Context = { readonly context: unique symbol };
type Handle = { readonly handle: unique symbol };
type LibheifImage = { readonly image: unique symbol };

type Refusal = { code: object; message: string };
type Decoded = {
  code?: undefined;
  image: LibheifImage;
  /** One channel, since all colours are interleaved; `data` lies in libheif's memory. */
  channels: [{ width: number; height: number; stride: number; data: Uint8Array }];
};

/** The part of libheif-js (its libheif.d.ts) that is used here. */
type Libheif = {
  heif_error_code: { heif_error_Ok: object };
  heif_colorspace: { heif_colorspace_RGB: object };
  heif_chroma: { heif_chroma_interleaved_RGB: object; heif_chroma_interleaved_RGBA: object };
  heif_context_alloc(): Context;
  heif_context_free(context: Context): void;
  heif_context_read_from_memory(context: Context, file: Buffer): Refusal;
  heif_js_context_get_primary_image_handle(context: Context): Handle | Refusal;
  heif_image_handle_release(handle: Handle): void;
  heif_image_handle_get_width(handle: Handle): number;
  heif_image_handle_get_height(handle: Handle): number;
  heif_image_handle_has_alpha_channel(handle: Handle): number;
  heif_js_decode_image2(handle: Handle, colorspace: object, chroma: object): Decoded | Refusal;
  heif_image_release(image: LibheifImage): void;
};

let loaded: Libheif | undefined;
let isSpent = false;

/**
 * True once libheif has aborted, which it does when it gets no memory: what it holds cannot be relied on nor freed,
 * so its process is to be replaced.
 */
export function isHeifSpent(): boolean {
  return isSpent;
}

function load(): Libheif {
  if (loaded) return loaded;
  const open = createRequire(import.meta.url)('libheif-js/libheif-wasm/libheif-bundle.js') as () => Libheif;
  loaded = open();
  return loaded;
}

/** True if libheif can be loaded here. */
export function canDecodeHeif(): boolean {
  try {
    load();
    return true;
  } catch {
    return false;
  }
}

/**
 * The size of the primary image in pixels, upright: libheif turns and mirrors by the file's own properties
 * (`irot`, `imir`), which outweigh what EXIF says. Nothing is decoded.
 *
 * @throws {DecodeError} `broken`, `format` or `pixels`.
 */
export async function readHeifSize(path: string): Promise<{ width: number; height: number }> {
  const file = await readFile(path);
  return withPrimary(file, async (libheif, handle) => ({
    width: libheif.heif_image_handle_get_width(handle),
    height: libheif.heif_image_handle_get_height(handle),
  }));
}

/**
 * Decodes the primary image: upright, on white, in sRGB, no larger than asked and never enlarged. Whoever calls
 * it has looked at its size: 12 megapixels take 0.8 s and 200 MB, 100 take 2.5 s and 0.8 GB.
 *
 * @throws {DecodeError} `broken`, `format` or `pixels`.
 */
export async function decodeHeif(path: string, size: { width: number; height?: number }) {
  const file = await readFile(path);
  const picture = await withPrimary(file, async (libheif, handle) => {
    const hasAlpha = libheif.heif_image_handle_has_alpha_channel(handle) !== 0;
    const { heif_chroma_interleaved_RGB, heif_chroma_interleaved_RGBA } = libheif.heif_chroma;
    const chroma = hasAlpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;
    const { heif_colorspace_RGB } = libheif.heif_colorspace;
    const decoded = libheif.heif_js_decode_image2(handle, heif_colorspace_RGB, chroma);
    if (decoded.code) {
      const { message } = decoded as Refusal;
      // libheif holds the picture to the size that was read before.
      throw /maximum image size/.test(message) ? broken(message) : refusalOf(message);
    }
    const { image, channels } = decoded as Decoded;
    try {
      const { data, ...shape } = channels[0];
      return await shrink(data, { ...shape, channels: hasAlpha ? 4 : 3 }, size);
    } finally {
      libheif.heif_image_release(image);
    }
  });
  const profile = profileOf(file);
  return profile ? await toSrgb(picture, profile) : picture;
}

async function withPrimary<Result>(
  file: Buffer,
  use: (libheif: Libheif, handle: Handle) => Promise<Result>,
): Promise<Result> {
  const libheif = load();
  try {
    const context = libheif.heif_context_alloc();
    try {
      // It would read on in a file whose end is missing, as far as that goes.
      const read = libheif.heif_context_read_from_memory(context, file);
      if (read.code !== libheif.heif_error_code.heif_error_Ok) throw refusalOf(read.message);
      const handle = libheif.heif_js_context_get_primary_image_handle(context);
      if ('code' in handle) throw refusalOf(handle.message);
      try {
        return await use(libheif, handle);
      } finally {
        libheif.heif_image_handle_release(handle);
      }
    } finally {
      libheif.heif_context_free(context);
    }
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    isSpent = true;
    throw refusalOf(String(error));
  }
}

/** libheif's words and those of its runtime (Emscripten), for the log; which of them tell what is wrong. */
function refusalOf(detail: string): DecodeError {
  if (/security limit|memory alloc|out of memory|\babort|enlarge memory/i.test(detail)) {
    return new DecodeError('pixels', 'The image needs more memory to decode than one image may take', detail);
  }
  if (/unsupported/i.test(detail)) {
    return new DecodeError(
      'format',
      'The HEIF file holds a kind of image that cannot be decoded here',
      detail,
    );
  }
  return broken(detail);
}

function broken(detail: string): DecodeError {
  return new DecodeError('broken', 'The image is damaged or incomplete and cannot be decoded', detail);
}

type Shape = { width: number; height: number; stride: number; channels: 3 | 4 };

async function shrink(
  data: Uint8Array,
  { width, height, stride, channels }: Shape,
  size: { width: number; height?: number },
) {
  const row = width * channels;
  // Rows that are padded close up where they are: a copy would take as much again.
  if (stride !== row) {
    for (let y = 1; y < height; y += 1) data.copyWithin(y * row, y * stride, y * stride + row);
  }
  const { data: small, info } = await sharp(data.subarray(0, row * height), {
    raw: { width, height, channels },
  })
    .resize({ ...size, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: small, width: info.width, height: info.height };
}
