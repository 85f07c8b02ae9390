/** What each of the three moves is given, and what it tells. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isEngineAway } from '../../shared/away.ts';
import type { Progress } from '../seed/progress.ts';
import type { Position } from './position.ts';

export type Run = {
  /** Where data is read, and where it goes, as an operator calls them. */
  names: { from: string; to: string };
  signal: AbortSignal;
  position: Position;
  /** A bar; the one before it has ended. */
  show(name: string, total: number): Progress;
};

/** What lies on one side: so many things in words, and one checksum over all of them. */
export type Tally = { counts: string; checksum: string };

export type Outcome = {
  from: Tally;
  to: Tally;
  /** What differed when it was looked at again, and was brought in line. */
  mended: number;
  /** What still differs. */
  different: string[];
};

/** More are not worth a line each. */
const maxNamed = 20;

/** Gathers what an outcome says; items come in the same order for both sides. */
export function openTally(): {
  add(item: { id: string; from: string; to: string; isMended: boolean }): void;
  outcome(counts: { from: string; to: string }): Outcome;
} {
  const hashes = { from: createHash('sha256'), to: createHash('sha256') };
  const different: string[] = [];
  let mended = 0;
  return {
    add({ id, from, to, isMended }) {
      if (isMended) mended += 1;
      if (from !== to && different.length < maxNamed) different.push(id);
      if (from) hashes.from.update(`${id} ${from}\n`);
      if (to) hashes.to.update(`${id} ${to}\n`);
    },
    outcome: (counts) => ({
      from: { counts: counts.from, checksum: hashes.from.digest('hex') },
      to: { counts: counts.to, checksum: hashes.to.digest('hex') },
      mended,
      different,
    }),
  };
}

/** An engine that is away this long ends the command; the next one goes on. */
const patienceMs = 60_000;
const retryEveryMs = 1_000;

/** Does what may be done twice, again while an engine is away. @throws the signal's reason if it is aborted. */
export async function patiently<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!isEngineAway(error) || performance.now() > deadline) throw error;
      await sleep(retryEveryMs, undefined, { signal });
    }
  }
}

/** Groups of up to `length`, in their order. */
export async function* inGroups<Item>(items: AsyncIterable<Item>, length: number): AsyncGenerator<Item[]> {
  let group: Item[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < length) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** What is in either list, once, in their order, of which `compare` is the one. */
export async function* inEither(
  one: AsyncIterable<string>,
  two: AsyncIterable<string>,
  compare: (a: string, b: string) => number,
): AsyncGenerator<string> {
  const lists = [one[Symbol.asyncIterator](), two[Symbol.asyncIterator]()] as const;
  let heads = await Promise.all(lists.map((list) => list.next()));
  for (;;) {
    const left = heads.filter((head) => !head.done).map((head) => head.value as string);
    const [first, second] = left;
    if (first === undefined) return;
    const least = second !== undefined && compare(second, first) < 0 ? second : first;
    yield least;
    heads = await Promise.all(
      heads.map((head, at) =>
        head.done || head.value !== least ? head : (lists[at] as (typeof lists)[0]).next(),
      ),
    );
  }
}
