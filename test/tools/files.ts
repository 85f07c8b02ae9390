/** What lies on the disk. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The files below a folder, as sorted paths relative to it; none if there is no folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
