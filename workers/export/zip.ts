/** Writes a zip to a file as its parts come, none of them whole in memory. Only here is yazl imported. */
import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

export type Zip = {
  /**
   * Adds a file to the archive, and resolves when it has been read.
   *
   * @param sizeBytes of an image, which is not compressed once more
   */
  add(name: string, content: Readable, sizeBytes?: number): Promise<void>;
};

/**
 * Writes an archive.
 *
 * @param path of the file, which must not be there yet
 * @param madeAt the time every file in the archive gets
 * @param fill adds the files, one after the other
 */
export async function writeZip(
  path: string,
  madeAt: Date,
  signal: AbortSignal,
  fill: (zip: Zip) => Promise<void>,
): Promise<void> {
  const zip = new ZipFile();
  const ended = new AbortController();
  const written = pipeline(zip.outputStream, createWriteStream(path, { flags: 'wx', mode: 0o600 }), {
    signal: AbortSignal.any([signal, ended.signal]),
  });
  const failed = Promise.withResolvers<never>();
  zip.on('error', failed.reject);
  written.catch(failed.reject);
  // It may fail when nobody waits for it: between two files, or after another failure.
  failed.promise.catch(() => {});
  try {
    await fill({
      async add(name, content, sizeBytes) {
        try {
          const read = finished(content);
          zip.addReadStreamLazy(name, optionsOf(madeAt, sizeBytes), handingOver(content));
          await Promise.race([read, failed.promise]);
        } finally {
          content.destroy();
        }
      },
    });
    zip.end();
    await Promise.race([written, failed.promise]);
  } catch (error) {
    ended.abort();
    await written.catch(() => {});
    throw error;
  }
}

/** What is compressed already is stored as it is. */
function optionsOf(mtime: Date, sizeBytes: number | undefined) {
  return sizeBytes === undefined ? { mtime, compress: true } : { mtime, compress: false, size: sizeBytes };
}

/** yazl keeps this function to the end, for every file there is: it must not keep the stream, too. */
function handingOver(content: Readable): (take: (error: unknown, stream: Readable) => void) => void {
  let held: Readable | undefined = content;
  return (take) => {
    const stream = held as Readable;
    held = undefined;
    take(null, stream);
  };
}
