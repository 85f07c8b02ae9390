/**
 * Objects as files below one folder.
 *
 * The key `p/01hxyz/large.jpg` is kept at `objects/p/3f/a2/01hxyz/large.jpg`: two levels of 256 folders, by a
 * hash of the second part, keep each folder small however many objects there are. Nothing is kept beside
 * the files: the content type is in the key, the etag in what the file system knows anyway.
 */
import { createHash, randomUUID } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { copyFile, link, mkdir, mkdtemp, open, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openScratchFolder } from '../scratch-folder.ts';
import { guarded, isMissing, unlessMissing } from './disk-errors.ts';
import { listObjects } from './disk-list.ts';
import {
  type ByteRange,
  contentTypeOf,
  type ObjectInfo,
  type ObjectStore,
  ObjectStoreError,
} from './index.ts';
import { partsOfKey, partsOfPrefix, refuseOtherType } from './object-keys.ts';

/** How often a put or a removal tries again when another one takes its folder away, or fills it. */
const maxAttempts = 5;

/** Opens, and creates if need be, the store below a folder. Several processes may have the same one open. */
export async function openDiskStore(root: string): Promise<ObjectStore> {
  const objects = join(root, 'objects');
  const copies = join(root, 'copies');
  await guarded(async () => {
    await mkdir(objects, { recursive: true });
    await openScratchFolder(copies);
  });

  const placeOf = ([first = '', second = '', ...rest]: string[]) => {
    const hash = createHash('sha256').update(second).digest('hex');
    return join(objects, first, hash.slice(0, 2), hash.slice(2, 4), second, ...rest);
  };
  const fileOf = (key: string) => placeOf(partsOfKey(key));

  return {
    async put(key, path, contentType) {
      const file = fileOf(key);
      refuseOtherType(key, contentType);
      const copy = join(copies, randomUUID());
      await guarded(async () => {
        try {
          // A file system that can do so shares the blocks of the two files instead of copying them.
          await copyFile(path, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
          await flush(copy);
          await moveInto(copy, file);
        } catch (error) {
          await rm(copy, { force: true });
          throw error;
        }
      });
    },

    async get(key, range) {
      const file = fileOf(key);
      const handle = await unlessMissing(() => open(file, 'r'));
      if (!handle) return undefined;
      try {
        const info = infoOf(key, await guarded(() => handle.stat({ bigint: true })));
        if (info) return { ...info, stream: handle.createReadStream(clip(range, info.sizeBytes)) };
      } catch (error) {
        await handle.close();
        throw error;
      }
      await handle.close();
      return undefined;
    },

    async stat(key) {
      const file = fileOf(key);
      const found = await unlessMissing(() => stat(file, { bigint: true }));
      return found && infoOf(key, found);
    },

    async remove(key) {
      const file = fileOf(key);
      await unlessMissing(() => unlink(file));
      // Its folder goes with the last object in it.
      await rmdir(dirname(file)).catch(() => {});
    },

    async removeAll(prefix) {
      const parts = partsOfPrefix(prefix);
      const folder = parts.length === 1 ? join(objects, ...parts) : placeOf(parts);
      await guarded(() =>
        rm(folder, { recursive: true, force: true, maxRetries: maxAttempts, retryDelay: 20 }),
      );
    },

    list: (afterKey) => listObjects(objects, afterKey),

    /** By a second name, since the object may be removed meanwhile; in a folder, which is as old as its use. */
    async withFile(key, use) {
      const file = fileOf(key);
      const folder = await guarded(() => mkdtemp(join(copies, 'read-')));
      try {
        const path = join(folder, basename(file));
        if (!(await unlessMissing(() => linkTo(file, path)))) {
          throw new ObjectStoreError('missing', `There is no object ${key}`);
        }
        return await use(path);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },

    async check() {
      const probe = join(copies, randomUUID());
      await guarded(async () => {
        await using file = await open(probe, 'wx');
        await file.write('probe');
        await unlink(probe);
      });
    },

    async close() {},
    async [Symbol.asyncDispose]() {},
  };
}

/** Gives a file a second name, or copies it where the file system knows no such names. */
async function linkTo(file: string, path: string): Promise<true> {
  try {
    await link(file, path);
  } catch (error) {
    if (isMissing(error)) throw error;
    await copyFile(file, path, constants.COPYFILE_FICLONE);
  }
  return true;
}

/** Undefined for a folder, which is no object. */
function infoOf(key: string, found: BigIntStats): ObjectInfo | undefined {
  if (!found.isFile()) return undefined;
  // Each put makes a new file, so its number tells two puts within one tick of the clock apart.
  const etag = `"${[found.ino, found.size, found.mtimeNs].map((number) => number.toString(36)).join('-')}"`;
  return {
    sizeBytes: Number(found.size),
    etag,
    lastModified: found.mtime,
    contentType: contentTypeOf(key),
  };
}

function clip(range: ByteRange | undefined, sizeBytes: number): Partial<ByteRange> {
  if (!range) return {};
  const { start, end } = range;
  if (!(start >= 0 && start <= end && start < sizeBytes)) {
    throw new ObjectStoreError('range', `There is no byte ${start} to ${end} of ${sizeBytes}`);
  }
  return { start, end: Math.min(end, sizeBytes - 1) };
}

/** Gives a finished copy its place, so that a crash a moment later leaves it there. */
async function moveInto(copy: string, file: string): Promise<void> {
  const folder = dirname(file);
  for (let attempt = 1; ; attempt++) {
    try {
      const firstMade = await mkdir(folder, { recursive: true });
      await rename(copy, file);
      const last = firstMade ? dirname(firstMade) : folder;
      for (let made = folder; ; made = dirname(made)) {
        // A folder that is gone by now was removed on purpose, and the object with it.
        await unlessMissing(() => flush(made));
        if (made === last) return;
      }
    } catch (error) {
      if (!isMissing(error) || attempt === maxAttempts) throw error;
    }
  }
}

async function flush(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.sync();
}
