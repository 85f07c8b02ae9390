/** The objects below the disk store's folder in the order of their keys, which is not that of its folders. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from './disk-errors.ts';
import type { ObjectEntry } from './index.ts';

/**
 * The names of second parts lie in 65,536 folders, so they are sorted in memory, this many at a time: about 10 MB.
 * More than that cost another walk through the folders each.
 */
const namesAtOnce = 100_000;

/** A name, with a slash behind it if more parts follow: so they sort as the keys do, byte by byte. */
type Name = string;

/** Every object below the folder by rising key, from behind `afterKey` on. */
export async function* listObjects(objects: string, afterKey = ''): AsyncGenerator<ObjectEntry> {
  for (const first of await sortedNames(objects)) {
    if (!mayFollow(first, afterKey)) continue;
    for await (const { name, folder } of secondParts(join(objects, first), first, afterKey)) {
      yield* below(join(folder, name), `${first}${name}`, afterKey);
    }
  }
}

/** The second parts below one first part, by rising name. */
async function* secondParts(root: string, first: string, afterKey: string) {
  for (let after: Name | undefined; ; ) {
    let found: { name: Name; folder: string }[] = [];
    const isWanted = (name: Name) =>
      (after === undefined || name > after) && mayFollow(`${first}${name}`, afterKey);
    const cut = () => {
      found.sort((one, two) => compare(one.name, two.name));
      found = found.slice(0, namesAtOnce);
    };
    for (const one of await sortedNames(root)) {
      for (const two of await sortedNames(join(root, one))) {
        const folder = join(root, one, two);
        for (const name of await namesIn(folder)) if (isWanted(name)) found.push({ name, folder });
        if (found.length > 2 * namesAtOnce) cut();
      }
    }
    cut();
    yield* found;
    if (found.length < namesAtOnce) return;
    after = found.at(-1)?.name;
  }
}

/** The object at the path, or all objects in the folder there. `start`: what their keys begin with. */
async function* below(path: string, start: string, afterKey: string): AsyncGenerator<ObjectEntry> {
  if (!mayFollow(start, afterKey)) return;
  if (start.endsWith('/')) {
    for (const name of await sortedNames(path)) yield* below(join(path, name), `${start}${name}`, afterKey);
    return;
  }
  const found = await unlessMissing(() => stat(path));
  if (found?.isFile()) yield { key: start, sizeBytes: found.size };
}

/** True if a key that is this, or begins with it, may stand behind `afterKey`. */
function mayFollow(start: string, afterKey: string): boolean {
  return start > afterKey || (start.endsWith('/') && afterKey.startsWith(start));
}

async function namesIn(folder: string): Promise<Name[]> {
  const entries = (await unlessMissing(() => readdir(folder, { withFileTypes: true }))) ?? [];
  return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
}

async function sortedNames(folder: string): Promise<Name[]> {
  return (await namesIn(folder)).sort(compare);
}

/** Keys are ASCII, so this is the order of their bytes. */
function compare(one: Name, two: Name): number {
  return one < two ? -1 : one > two ? 1 : 0;
}
