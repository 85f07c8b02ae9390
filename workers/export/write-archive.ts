/** Writes the archive of an account: rows, then images, then an index of both. */
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import type { Tools } from '../../shared/tools.ts';
import { addJson, atOneMoment, type Snapshot, type WantedImage, writeSnapshot } from './snapshot.ts';
import { writeZip, type Zip } from './zip.ts';

/** Rows are the smaller part of the work. */
const progressOfRows = 0.05;

/** The account is gone: there is nothing to archive any more. */
export class NothingToExport extends Error {
  override name = 'NothingToExport';
}

type IndexedImage = { file: string; of: string; bytes: number };

/**
 * Writes the archive into a file that is not there yet.
 *
 * @param userId internal id of the account
 * @param onProgress told the share of the work that is done, 0 to 1, after each image
 * @throws {NothingToExport}
 */
export async function writeArchive(
  tools: Tools,
  { userId, exportId }: { userId: number; exportId: string },
  path: string,
  signal: AbortSignal,
  onProgress: (progress: number) => Promise<void>,
): Promise<void> {
  await writeZip(path, new Date(), signal, async (zip) => {
    const snapshot = await atOneMoment(tools.db, (tx) => writeSnapshot(tools, tx, zip, userId, signal));
    if (!snapshot) throw new NothingToExport();
    const { images: wanted, at, ...rest } = snapshot;
    const images: IndexedImage[] = [];
    const missing: { of: string; file: string }[] = [];
    for (const [index, image] of wanted.entries()) {
      signal.throwIfAborted();
      await onProgress(progressOfRows + ((1 - progressOfRows) * index) / wanted.length);
      const added = await addImage(tools, zip, image);
      if (added) images.push(added);
      else missing.push({ of: image.of, file: image.name });
    }
    await zip.add('README.txt', Readable.from([Buffer.from(readme(snapshot, missing.length))]));
    const { userId: user_id, ...about } = rest;
    await addJson(zip, 'index.json', {
      export_id: exportId,
      made_at: at.toISOString(),
      user_id,
      ...about,
      images,
      missing,
    });
  });
}

/** @returns undefined if there is no such image (any more): what it belongs to may have been deleted meanwhile. */
async function addImage(
  { images }: Tools,
  zip: Zip,
  { name, of, keys }: WantedImage,
): Promise<IndexedImage | undefined> {
  for (const key of keys) {
    const found = await images.get(key);
    if (!found) continue;
    // Another file than the first one may be of another format.
    const file = name.slice(0, -extname(name).length) + extname(key);
    await zip.add(file, found.stream, found.sizeBytes);
    return { file, of, bytes: found.sizeBytes };
  }
  return undefined;
}

function readme({ username, at, kinds }: Snapshot, missing: number): string {
  const lines = kinds.map(({ name, about, count }) => `  ${name} (${count}): ${about}`);
  const lost =
    missing > 0
      ? `\nImages that were gone when this archive was made: ${missing}; index.json names them.\n`
      : '';
  return `Everything of ${username} on Emulsion, as it was on ${at.toISOString()}.

profile.json   who you are here
index.json     every file in this archive: which images belong to what, and how many there are of each kind
images/        your pictures, in the very files you sent; of stories that are over, as they were shown
data/          one list of things a file, ${rowsPerFileText}

${lines.join('\n')}

Times are UTC. Where another person is null you may not know of them any more: they are gone, or have blocked you.
${lost}`;
}

const rowsPerFileText = 'the oldest first, up to 1,000 each:';
