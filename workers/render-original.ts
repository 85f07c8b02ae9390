/** From an original to the pictures that are served of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DecodeError } from '../shared/images/decoder.ts';
import type { FilterName } from '../shared/images/filter-names.ts';
import type { RenditionName } from '../shared/images/rendition-names.ts';
import type { Tools } from '../shared/tools.ts';
import { GiveUp } from './handler.ts';
import { renditionsFolder } from './renditions-folder.ts';

/**
 * Makes the renditions that have a key and keeps each under it, in the order in which they are named.
 *
 * @throws {GiveUp} if the original is at fault.
 */
export async function renderOriginal(
  { config, images, decoder }: Tools,
  originalKey: string,
  filter: FilterName,
  pictureKeys: Partial<Record<RenditionName, string>>,
): Promise<void> {
  const names = Object.keys(pictureKeys) as RenditionName[];
  const directory = await mkdtemp(join(renditionsFolder(config.DATA_DIR), 'picture-'));
  try {
    const renditions = await images.withFile(originalKey, (path) =>
      decoder.render(path, directory, filter, names),
    );
    for (const { name, path } of renditions) {
      await images.put(pictureKeys[name] as string, path, 'image/jpeg');
    }
  } catch (error) {
    // It was decoded whole before it was accepted: only a crash or a timeout may end better next time.
    if (error instanceof DecodeError && error.kind !== 'crashed' && error.kind !== 'timeout') {
      throw new GiveUp(error.message);
    }
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
