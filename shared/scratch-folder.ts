/** Folders for files under way: whatever a process that was killed left there is removed by the next one. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What is this old belongs to a process that has died: the longest work on a file takes minutes. */
const staleAfterMs = 60 * 60_000;

/** Makes the folder, and removes from it what has been there for more than an hour. */
export async function openScratchFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > staleAfterMs) await rm(path, { recursive: true, force: true });
  }
}
