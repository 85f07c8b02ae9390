/** Where things are kept that any checkout can use and that can be fetched again. */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
// biome-ignore lint/correctness/useImportExtensions: the module is plain JavaScript
import { takeLock } from '../bootstrap/lock.mjs';

/** Makes the folder if it can be made; true if we may write into it and nobody else owns it. */
function isOurs(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    // What is run from the cache must not have been put there by another user.
    return statSync(folder).uid === process.getuid?.();
  } catch {
    return false;
  }
}

/** `$XDG_CACHE_HOME/emulsion`, `~/.cache/emulsion`, or for users without a home one in the temporary folder. */
export function cacheFolder(): string {
  const candidates = [
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'emulsion'),
    join(tmpdir(), `emulsion-cache-${process.getuid?.()}`),
  ];
  const found = candidates.find(isOurs);
  if (!found) throw new Error(`None of these folders can be written to: ${candidates.join(', ')}`);
  return found;
}

/** Fills a part of the cache while no other process on this machine does; they wait for us instead. */
export async function whileLocked<T>(name: string, fill: () => Promise<T>): Promise<T> {
  for (;;) {
    const lock = await takeLock(`${cacheFolder()} ${name}`);
    if (!('release' in lock)) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    try {
      return await fill();
    } finally {
      lock.release();
    }
  }
}
