/** The images of a post on their way in: each is looked at, then all of them are kept, or none. */
import { fail } from '../../shared/errors.ts';
import { keyOf } from '../../shared/ids.ts';
import type { Inspection } from '../../shared/images/decoder.ts';
import type { FilterName } from '../../shared/images/filter-names.ts';
import { extensionFor } from '../../shared/images/index.ts';
import { imageKey } from '../../shared/posts/image-urls.ts';
import type { Tools } from '../../shared/tools.ts';
import { inspectImage } from '../images/inspect-image.ts';
import { abandon } from '../uploads/abandon.ts';
import type { UploadedFile } from '../uploads.ts';

/** An image whose original is in the store. */
export type KeptImage = Inspection & { position: number; key: string; originalKey: string };

/** Where the originals of a post are kept. */
function originalsFolder(postId: string): string {
  return `originals/${keyOf(postId)}/`;
}

/**
 * Looks at every file and keeps the originals in the store, in the order the files came. One that is refused
 * refuses all: nothing is kept then.
 *
 * @param files one at least
 * @throws {Failure} what `inspectImage` throws, of the first image that is refused.
 */
export async function acceptImages(
  tools: Tools,
  postId: string,
  files: readonly UploadedFile[],
  filter: FilterName,
): Promise<KeptImage[]> {
  const lanes = tools.config.DECODER_PROCESSES;
  const inspections = await inTurn(files, lanes, (file, index) =>
    inspectImage(tools, file.path, filter, { position: index + 1, of: files.length }),
  );
  try {
    return await inTurn(inspections, lanes, async (inspection, index) => {
      const position = index + 1;
      const extension = extensionFor(inspection.contentType);
      const originalKey = `${originalsFolder(postId)}${position}.${extension}`;
      await tools.images.put(originalKey, (files[index] as UploadedFile).path, inspection.contentType);
      return { ...inspection, position, key: imageKey(keyOf(postId), position), originalKey };
    });
  } catch (error) {
    await dropImages(tools, postId, error);
    throw error;
  }
}

/** Removes the originals of a post that came to nothing, by what it failed by. */
export async function dropImages(tools: Tools, postId: string, cause: unknown): Promise<void> {
  await abandon(tools, cause, {
    event: 'postAbandoned',
    subject: postId,
    facts: { postId },
    remove: () => tools.images.removeAll(originalsFolder(postId)),
  });
}

/**
 * Does the work for each item, a few at a time: one request must not take up the whole pool, nor its files be
 * removed under work that still reads them. After a failure nothing new is begun.
 *
 * @throws what the first item, in their order, threw, once all work under way has ended.
 */
async function inTurn<Item, Result>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const failures: [index: number, error: unknown][] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await work(items[index] as Item, index);
      } catch (error) {
        failures.push([index, error]);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const [first] = failures.toSorted(([one], [other]) => one - other);
  if (first) throw first[1];
  return results;
}

/** The text of the first image, or one per image. */
export type AltTexts = string | null | readonly (string | null)[];

/**
 * One text per image, as they are stored; as many as were given.
 *
 * @throws {Failure} INVALID_INPUT on `alt_text` if there are more texts than images.
 */
export function altTextsFor(imageCount: number, given: AltTexts): (string | null)[] {
  const texts = given === null || typeof given === 'string' ? [given] : given;
  if (texts.length > imageCount) {
    const images = imageCount === 1 ? 'is one image' : `are ${imageCount} images`;
    fail('INVALID_INPUT', { field: 'alt_text', reason: `There ${images}; send at most as many texts` });
  }
  return texts.map((text) => text || null);
}
