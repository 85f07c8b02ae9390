/** Images: what one store has the other gets, and what it has no longer the other loses. */
import { createHash } from 'node:crypto';
import { contentTypeOf, type ObjectStore, ObjectStoreError } from '../../shared/images/index.ts';
import { inParallel } from '../seed/client.ts';
import { inEither, inGroups, type Outcome, openTally, patiently, type Run } from './run.ts';

/** Objects under way at once: enough for the way there and back, few enough for a laptop. */
const atOnce = 8;
/** Between two notes of the position. */
const groupLength = 64;
/** An object that is replaced or removed while it is looked at is looked at again. */
const maxLooks = 20;

/** Copies what is missing or different, removes what is gone, then looks at everything on both sides again. */
export async function moveImages(from: ObjectStore, to: ObjectStore, run: Run): Promise<Outcome> {
  const { afterKey = '' } = run.position.get('images') ?? {};
  const total = await count(from);
  const behind = afterKey ? total - (await count(from, afterKey)) : 0;
  await walk(from, to, run, { name: 'copy', afterKey, done: behind, total }, (group) => {
    run.position.set('images', { afterKey: group.at(-1)?.key ?? afterKey });
  });
  const tally = openTally();
  const counts = { from: { objects: 0, bytes: 0 }, to: { objects: 0, bytes: 0 } };
  await walk(from, to, run, { name: 'verify', afterKey: '', done: 0, total }, (group) => {
    for (const { key, isMended, ...sides } of group) {
      for (const side of ['from', 'to'] as const) {
        if (!sides[side]) continue;
        counts[side].objects += 1;
        counts[side].bytes += sides[side].sizeBytes;
      }
      tally.add({ id: key, from: textOf(sides.from), to: textOf(sides.to), isMended });
    }
  });
  run.position.set('images', undefined);
  const inWords = ({ objects, bytes }: { objects: number; bytes: number }) =>
    `${objects} objects, ${(bytes / 1e6).toFixed(1)} MB`;
  return tally.outcome({ from: inWords(counts.from), to: inWords(counts.to) });
}

type Print = { sizeBytes: number; sha256: string };
type Looked = { key: string; from: Print | undefined; to: Print | undefined; isMended: boolean };

const textOf = (print: Print | undefined) => (print ? `${print.sizeBytes} ${print.sha256}` : '');

async function count(store: ObjectStore, afterKey?: string): Promise<number> {
  let found = 0;
  for await (const _ of store.list(afterKey)) found += 1;
  return found;
}

async function* keysOf(store: ObjectStore, afterKey: string): AsyncGenerator<string> {
  for await (const { key } of store.list(afterKey)) yield key;
}

/** Brings every object behind `afterKey` in line, in the order of keys. */
async function walk(
  from: ObjectStore,
  to: ObjectStore,
  run: Run,
  { name, afterKey, done, total }: { name: string; afterKey: string; done: number; total: number },
  onGroup: (group: Looked[]) => void,
): Promise<void> {
  const progress = run.show(name, total);
  progress.set(done);
  const order = (one: string, two: string) => (one < two ? -1 : one > two ? 1 : 0);
  const keys = inEither(keysOf(from, afterKey), keysOf(to, afterKey), order);
  for await (const group of inGroups(keys, groupLength)) {
    const looked: Looked[] = [];
    await inParallel(group, atOnce, async (key, index) => {
      looked[index] = await patiently(run.signal, () => alignObject(from, to, key));
      if (looked[index].from) progress.add();
    });
    onGroup(looked);
  }
}

/**
 * Looks at an object on both sides and copies or removes it until they are the same. What is written in the meantime goes to `from`
 * first, so whoever has written to `to` and then finds both alike has overwritten nothing newer.
 *
 * @returns what was found last, also if that still differs.
 */
export async function alignObject(from: ObjectStore, to: ObjectStore, key: string): Promise<Looked> {
  for (let look = 1; ; look += 1) {
    const isMended = look > 1;
    const isThere = (await to.stat(key)) !== undefined;
    // What is not there yet is copied before it is read and compared.
    const wanted = isThere || isMended ? await printOf(from, key) : undefined;
    const found = isThere ? await printOf(to, key) : undefined;
    const isSame = textOf(wanted) === textOf(found);
    if (isSame && (wanted || isMended)) return { key, from: wanted, to: found, isMended };
    if (look === maxLooks) return { key, from: wanted, to: found, isMended };
    if (isThere && !wanted) await to.remove(key);
    else await copy(from, to, key);
  }
}

async function copy(from: ObjectStore, to: ObjectStore, key: string): Promise<void> {
  try {
    await from.withFile(key, (path) => to.put(key, path, contentTypeOf(key)));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** True if the object, or the file that was to be copied, has been removed meanwhile. */
function isGone(error: unknown): boolean {
  if (!(error instanceof ObjectStoreError)) return false;
  return error.kind === 'missing' || (error.cause as { code?: unknown } | undefined)?.code === 'ENOENT';
}

async function printOf(store: ObjectStore, key: string): Promise<Print | undefined> {
  const found = await store.get(key);
  if (!found) return undefined;
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const piece of found.stream) {
    hash.update(piece as Buffer);
    sizeBytes += (piece as Buffer).length;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}
