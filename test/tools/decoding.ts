/** A decoder with a folder for its files, and ways to compare what it makes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode as decodeBlurhash } from 'blurhash';
import { expect } from 'chai';
import sharp from 'sharp';
import { DecodeError, type DecoderOptions, openDecoder } from '../../shared/images/decoder.ts';
import type { FilterName } from '../../shared/images/filter-names.ts';

/** Opens both; the file names end in .jpg whatever is in them. */
export async function openDecoding(options: Partial<DecoderOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'decoding-test-'));
  const decoder = openDecoder({ processes: 1, ...options });
  let files = 0;

  async function fileOf(bytes: Uint8Array | string): Promise<string> {
    const path = join(folder, `file-${files++}.jpg`);
    await writeFile(path, bytes);
    return path;
  }

  return {
    folder,
    decoder,
    fileOf,
    async inspect(bytes: Uint8Array | string, filter?: FilterName) {
      return await decoder.inspect(await fileOf(bytes), filter);
    },
    async render(bytes: Uint8Array, filter?: FilterName) {
      const out = await mkdtemp(join(folder, 'out-'));
      return await decoder.render(await fileOf(bytes), out, filter);
    },
    async refusalOf(bytes: Uint8Array | string) {
      return await refusalOf(decoder.inspect(await fileOf(bytes)));
    },
    async [Symbol.asyncDispose]() {
      await decoder.close();
      await rm(folder, { recursive: true });
    },
  };
}

export type Decoding = Awaited<ReturnType<typeof openDecoding>>;

/** Why a call to the decoder was refused; a call that is not refused fails the test. */
export async function refusalOf(call: Promise<unknown>): Promise<DecodeError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  throw new Error('It was accepted');
}

/** How far two pictures of the same size are apart, 0–255 on average. */
export async function distance(one: Buffer | string, other: Buffer | string): Promise<number> {
  const pixelsOf = (image: Buffer | string) =>
    sharp(image).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const [a, b] = [await pixelsOf(one), await pixelsOf(other)];
  expect([a.info.width, a.info.height]).to.deep.equal([b.info.width, b.info.height]);
  return a.data.reduce((sum, value, at) => sum + Math.abs(value - (b.data[at] as number)), 0) / a.data.length;
}

/** How far two blurhashes are apart, 0–255 on average. */
export function blurhashDistance(one: string, other: string): number {
  const [a, b] = [decodeBlurhash(one, 32, 24), decodeBlurhash(other, 32, 24)];
  return a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] as number)), 0) / a.length;
}

/** The mean red, green and blue. */
export async function colourOf(image: Buffer | string): Promise<[red: number, green: number, blue: number]> {
  const { channels } = await sharp(image).stats();
  const [red, green, blue] = channels.map(({ mean }) => Math.round(mean)) as [number, number, number];
  return [red, green, blue];
}
