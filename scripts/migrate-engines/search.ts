/** Search: the side that data goes to is rebuilt from Postgres's rows, then both are held against each other. */

import { justBefore } from '../../shared/characters.ts';
import type { Config } from '../../shared/config.ts';
import type { Db } from '../../shared/db/index.ts';
import { alignIndex } from '../../shared/search/align.ts';
import { openBothIndexes } from '../../shared/search/both.ts';
import { countCandidates } from '../../shared/search/documents.ts';
import {
  SearchDocumentError,
  type SearchIndex,
  type SearchType,
  searchTypes,
} from '../../shared/search/index.ts';
import { reindex } from '../../shared/search/reindex.ts';
import { inParallel } from '../seed/client.ts';
import type { Progress } from '../seed/progress.ts';
import { inEither, inGroups, type Outcome, openTally, patiently, type Run } from './run.ts';

const idsPerPage = 1_000;
/** Documents brought in line at once; each takes a Postgres connection or two. */
const atOnce = 3;
/** How often what differs is looked at again: somebody may be half way through writing it. */
const maxLooks = 5;

/**
 * Rebuilds the index of each type, then has every document that only one side has brought in line with its row.
 *
 * @param config only the side that is rebuilt has its address in it
 */
export async function moveSearch(
  config: Pick<Config, 'ELASTICSEARCH_URL'>,
  db: Db,
  from: SearchIndex,
  to: SearchIndex,
  run: Run,
): Promise<Outcome> {
  const started = run.position.get('search') ?? { done: [], afterRow: 0 };
  const done = [...started.done];
  const left = searchTypes.filter((type) => !done.includes(type));
  let shown: Progress | undefined;
  let afterRow = started.afterRow;
  // One after another, so that the first of those left is the one that broke off.
  for (const type of left) {
    shown = undefined;
    await reindex(config, db, [type], () => ({
      signal: run.signal,
      afterRow,
      onRow: (row) => run.position.set('search', { done, afterRow: row }),
      onProgress(count, total) {
        shown ??= run.show(type, total);
        shown.set(count);
      },
      onRefused: (id, reason) => console.error(`\nLeft out ${type} ${id}: ${reason}`),
    }));
    done.push(type);
    afterRow = 0;
    run.position.set('search', { done, afterRow });
  }
  const outcome = await verify(db, from, to, run);
  run.position.set('search', undefined);
  return outcome;
}

async function verify(db: Db, from: SearchIndex, to: SearchIndex, run: Run): Promise<Outcome> {
  const tally = openTally();
  const counts = { from: [] as string[], to: [] as string[] };
  const both = openBothIndexes({ name: 'from', index: from }, { name: 'to', index: to });
  await patiently(run.signal, () => both.refresh());
  for (const type of searchTypes) {
    const progress = run.show(`verify ${type}`, await countCandidates(db, type));
    const count = { from: 0, to: 0 };
    const ids = inEither(idsOf(from, type, run), idsOf(to, type, run), byBytes);
    for await (const group of inGroups(ids, idsPerPage)) {
      const found = await alignGroup(db, both, [from, to], type, group, run);
      for (const [id, { isIn, isMended }] of found) {
        if (isIn[0]) count.from += 1;
        if (isIn[1]) count.to += 1;
        tally.add({ id: `${type} ${id}`, from: isIn[0] ? 'in' : '', to: isIn[1] ? 'in' : '', isMended });
      }
      progress.set(count.from);
    }
    counts.from.push(`${count.from} ${type}s`);
    counts.to.push(`${count.to} ${type}s`);
  }
  return tally.outcome({ from: counts.from.join(', '), to: counts.to.join(', ') });
}

type Found = Map<string, { isIn: [boolean, boolean]; isMended: boolean }>;

/** Which side has which of some ids that follow each other. What one side lacks is brought in line on both, and looked at again. */
async function alignGroup(
  db: Db,
  both: SearchIndex,
  sides: readonly [SearchIndex, SearchIndex],
  type: SearchType,
  group: readonly string[],
  run: Run,
): Promise<Found> {
  const found: Found = new Map();
  const [first, last] = [group[0] as string, group.at(-1) as string];
  const inBoth = await patiently(run.signal, () =>
    Promise.all(sides.map((side) => between(side, type, first, last))),
  );
  let differing: string[] = [];
  for (const id of group) {
    const isIn = inBoth.map((ids) => ids.has(id)) as [boolean, boolean];
    found.set(id, { isIn, isMended: false });
    if (isIn[0] !== isIn[1]) differing.push(id);
  }
  for (let look = 1; differing.length > 0 && look <= maxLooks; look += 1) {
    await inParallel(differing, atOnce, (id) =>
      patiently(run.signal, () => alignIndex({ db, search: both }, type, id)).catch((error: unknown) => {
        // It stays where it is, and is named in the end.
        if (!(error instanceof SearchDocumentError)) throw error;
      }),
    );
    await patiently(run.signal, () => both.refresh());
    const still: string[] = [];
    for (const id of differing) {
      const pages = await Promise.all(sides.map((side) => side.ids(type, justBefore(id), 1)));
      const isIn = pages.map(([standing]) => standing === id) as [boolean, boolean];
      found.set(id, { isIn, isMended: true });
      if (isIn[0] !== isIn[1]) still.push(id);
    }
    differing = still;
  }
  return found;
}

/** The ids of a side from `first` to `last`. */
async function between(
  index: SearchIndex,
  type: SearchType,
  first: string,
  last: string,
): Promise<Set<string>> {
  const found = new Set<string>();
  for (let after = justBefore(first); ; ) {
    const ids = await index.ids(type, after, idsPerPage);
    for (const id of ids) if (byBytes(id, last) <= 0) found.add(id);
    const end = ids.at(-1);
    if (ids.length < idsPerPage || end === undefined || byBytes(end, last) >= 0) return found;
    after = end;
  }
}

async function* idsOf(index: SearchIndex, type: SearchType, { signal }: Run): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const ids = await patiently(signal, () => index.ids(type, after, idsPerPage));
    yield* ids;
    if (ids.length < idsPerPage) return;
    after = ids.at(-1);
  }
}

function byBytes(one: string, two: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(two));
}
