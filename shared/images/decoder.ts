/**
 * The decoder: everything that is done to the bytes of an image somebody sent, done in child processes.
 *
 * A native crash, a runaway allocation or a decode without end costs the call that met it; the child is
 * replaced and the process that asked goes on. Files go in by path, so an image is never in its memory.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AvatarFile } from './decoder/avatar.ts';
import type { Methods } from './decoder/child.ts';
import type { ImageFormat } from './decoder/formats.ts';
import type { Inspection } from './decoder/inspect.ts';
import { openProcesses, type ProcessStats } from './decoder/processes.ts';
import type { Rendition } from './decoder/render.ts';
import type { FilterName } from './filter-names.ts';
import { type RenditionName, renditionNames } from './rendition-names.ts';

export { DecodeError } from './decoder/decode-error.ts';
export type { AvatarFile, ImageFormat, Inspection, ProcessStats, Rendition };

/** Methods throw {DecodeError} if the image is at fault, and an error of the system if the file is not there. */
export type Decoder = {
  /** The formats the installed libraries can decode, asked of them. */
  decodableFormats(): Promise<ImageFormat[]>;
  /** Checks that the file is an image within the limits which decodes whole, and describes it. */
  inspect(path: string, filter?: FilterName): Promise<Inspection>;
  /** Writes `{name}.jpg` for each of the names, of a file that `inspect` accepted, into an existing folder. */
  render(
    path: string,
    outDirectory: string,
    filter?: FilterName,
    names?: readonly RenditionName[],
  ): Promise<Rendition[]>;
  /** Writes the picture of a user who has not chosen one, in each size, into an existing folder. */
  avatar(outDirectory: string, userId: string, username: string): Promise<AvatarFile[]>;
  /** Writes the square in the middle of a file that `inspect` accepted, in each size, into an existing folder. */
  cutAvatar(path: string, outDirectory: string): Promise<AvatarFile[]>;
  stats(): ProcessStats;
  /** Takes no more calls, lets those taken finish, and ends the children. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type DecoderOptions = {
  /** How many children decode at the same time. */
  processes: number;
  /** After how long one call is given up; default 20 s. */
  timeoutMs?: number;
  /** The most memory one child may allocate, in bytes. */
  maxMemoryBytes?: number;
  /** True starts the children now; otherwise each starts when a call needs it. */
  warm?: boolean;
};

/**
 * An AVIF of 100 megapixels takes 1.8 GB to decode and any other format less than 1 GB; Node reserves 0.6 GB
 * that it does not use.
 */
const defaultMaxMemoryBytes = 3e9;

/** Opens a decoder, which has to be closed. */
export function openDecoder({
  processes,
  timeoutMs = 20_000,
  maxMemoryBytes = defaultMaxMemoryBytes,
  warm = false,
}: DecoderOptions): Decoder {
  const pool = openProcesses<Methods>({
    script: fileURLToPath(new URL('decoder/child.ts', import.meta.url)),
    processes,
    timeoutMs,
    maxMemoryBytes,
  });
  if (warm) pool.warm();
  let formats: Promise<ImageFormat[]> | undefined;

  return {
    decodableFormats() {
      formats ??= pool.call('decodableFormats').catch((error: unknown) => {
        formats = undefined;
        throw error;
      });
      return formats;
    },
    inspect: (path, filter = 'none') => pool.call('inspect', resolve(path), filter),
    render: (path, outDirectory, filter = 'none', names = renditionNames) =>
      pool.call('render', resolve(path), resolve(outDirectory), filter, names),
    avatar: (outDirectory, userId, username) => pool.call('avatar', resolve(outDirectory), userId, username),
    cutAvatar: (path, outDirectory) => pool.call('cutAvatar', resolve(path), resolve(outDirectory)),
    stats: () => pool.stats(),
    close: () => pool.close(),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}
