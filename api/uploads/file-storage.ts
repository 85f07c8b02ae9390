/** multer's storage: each file of a form streams to disk and is measured and hashed on the way. */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StorageEngine } from 'multer';
import type { Failure } from '../../shared/errors.ts';

/** What multer is told of a stored file, beside the field it came in. */
export type StoredFile = { fieldname: string; path: string; size: number; sha256: string };

/** A file that goes on past the limit: the how manieth it is, and how many bytes it has if that was counted. */
export type Oversized = { field: string; position: number; bytes: number | undefined };

/**
 * @param maxCountedBytes up to here a file past `maxBytes` is read on, though not kept, to tell its size
 * @param paths takes the path of every file there is.
 * @param tooLarge called, once at most for a file, when it goes on past the limit.
 */
export function fileStorage(
  directory: string,
  { maxBytes, maxCountedBytes }: { maxBytes: number; maxCountedBytes: number },
  paths: Set<string>,
  tooLarge: (file: Oversized) => Failure,
): StorageEngine {
  async function store(field: string, stream: Readable): Promise<Omit<StoredFile, 'fieldname'>> {
    const path = join(directory, randomUUID());
    // Counted as the files come: a later one may get ahead of the first at any await.
    paths.add(path);
    const position = paths.size;
    const hash = createHash('sha256');
    let size = 0;
    try {
      await mkdir(directory, { recursive: true });
      await pipeline(
        stream,
        async function* measured(chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            size += chunk.length;
            if (size > maxBytes) {
              if (size > maxCountedBytes) throw tooLarge({ field, position, bytes: undefined });
              continue;
            }
            hash.update(chunk);
            yield chunk;
          }
          if (size > maxBytes) throw tooLarge({ field, position, bytes: size });
        },
        createWriteStream(path, { flags: 'wx', mode: 0o600 }),
      );
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return { path, size, sha256: hash.digest('hex') };
  }

  return {
    _handleFile(_request, file, done) {
      store(file.fieldname, file.stream).then(
        (info) => done(null, info),
        (error: unknown) => done(error),
      );
    },
    _removeFile(_request, file, done) {
      rm(file.path, { force: true }).then(() => done(null), done);
    },
  };
}
