/** One story on two sides: made the same, while it is viewed and may be deleted. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { viewOf } from '../../shared/stories/both.ts';
import type { StoryContent, StoryStore, StoryView } from '../../shared/stories/index.ts';
import { inParallel } from '../seed/client.ts';

/** What Postgres knows of a story and a store wants to know. */
export type StoryFact = Pick<StoryContent, 'userId' | 'storyId' | 'expiresAt'>;

type Side = { hasContent: boolean; views: number; checksum: string };
type Aligned = { storyId: string; from: Side; to: Side; isMended: boolean };

const viewsPerPage = 500;
const viewsAtOnce = 16;

/** How often what differs is looked at again: somebody may be half way through writing it. In all about a second. */
const maxLooks = 6;
const firstPauseMs = 20;
/** How often a side is emptied and filled anew. */
const maxRounds = 3;

/**
 * Brings a story in line. What is written in the meantime goes to `from` first, so whoever has written to `to` and then finds both
 * alike has overwritten nothing newer.
 *
 * @returns what was found last, also if that still differs.
 */
export async function alignStory(from: StoryStore, to: StoryStore, fact: StoryFact): Promise<Aligned> {
  let isMended = false;
  for (let round = 1; ; round += 1) {
    const content = await alignContent(from, to, fact);
    const views = await alignViews(from, to, fact);
    isMended ||= content.isMended || views.isMended;
    if (!(content.isStuck || views.isStuck) || round === maxRounds) {
      const side = (name: 'from' | 'to'): Side => {
        const { count, checksum } = views[name];
        const line = JSON.stringify([content[name] ?? null, count, checksum]);
        // A story of which nothing is left counts as none.
        return { hasContent: content[name] !== undefined, views: count, checksum: line };
      };
      return { storyId: fact.storyId, from: side('from'), to: side('to'), isMended };
    }
    isMended = true;
    // A store removes no view by itself, only all of a story.
    await to.remove(fact);
  }
}

type Pair<Thing> = { from: Thing | undefined; to: Thing | undefined; isMended: boolean; isStuck: boolean };

/** Reads both sides and puts what `to` lacks, until both are the same or only a removal can help. */
async function alignPair<Thing>(
  read: (side: 'from' | 'to') => Promise<Thing | undefined>,
  put: (thing: Thing, standing: Thing | undefined) => Promise<boolean>,
): Promise<Pair<Thing>> {
  let isMended = false;
  for (let look = 1; ; look += 1) {
    const from = await read('from');
    const to = await read('to');
    if (isDeepStrictEqual(from, to)) return { from, to, isMended, isStuck: false };
    if (look === maxLooks) return { from, to, isMended, isStuck: true };
    isMended = true;
    if (!from || !(await put(from, to))) await sleep(firstPauseMs * 2 ** look);
  }
}

function alignContent(from: StoryStore, to: StoryStore, fact: StoryFact): Promise<Pair<StoryContent>> {
  const sides = { from, to };
  return alignPair(
    async (side) => (await sides[side].get([fact]))[0],
    async (content) => {
      await to.put(content);
      return true;
    },
  );
}

function alignView(
  from: StoryStore,
  to: StoryStore,
  fact: StoryFact,
  viewerId: string,
): Promise<Pair<StoryView>> {
  const sides = { from, to };
  return alignPair(
    (side) => viewOf(sides[side], fact.storyId, viewerId),
    async (view, standing) => {
      // Of two views of a viewer the first one stands, right or wrong.
      if (standing) return false;
      await to.addView(fact, view);
      return true;
    },
  );
}

type Counted = { count: number; checksum: string };

/** Walks through the views of both sides together, page by page. */
async function alignViews(
  from: StoryStore,
  to: StoryStore,
  fact: StoryFact,
): Promise<{ from: Counted; to: Counted; isMended: boolean; isStuck: boolean }> {
  const hashes = { from: createHash('sha256'), to: createHash('sha256') };
  const counts = { from: 0, to: 0 };
  let isMended = false;
  let isStuck = false;
  for (let after: string | undefined; ; ) {
    const page = await pageOf(from, to, fact.storyId, after);
    const differing = [...page.viewerIds].filter(
      (viewerId) => !isDeepStrictEqual(page.from.get(viewerId), page.to.get(viewerId)),
    );
    await inParallel(differing, viewsAtOnce, async (viewerId) => {
      const pair = await alignView(from, to, fact, viewerId);
      isMended = true;
      isStuck ||= pair.isStuck;
      for (const side of ['from', 'to'] as const) {
        const view = pair[side];
        if (view) page[side].set(viewerId, view);
        else page[side].delete(viewerId);
      }
    });
    for (const viewerId of page.viewerIds) {
      for (const side of ['from', 'to'] as const) {
        const view = page[side].get(viewerId);
        if (!view) continue;
        counts[side] += 1;
        hashes[side].update(`${viewerId} ${view.viewedAt.getTime()}\n`);
      }
    }
    if (page.last === undefined) break;
    after = page.last;
  }
  const counted = (side: 'from' | 'to') => ({ count: counts[side], checksum: hashes[side].digest('hex') });
  return { from: counted('from'), to: counted('to'), isMended, isStuck };
}

/** The views of both sides behind a viewer, up to one that both pages reach; `last` is undefined at the end. */
async function pageOf(from: StoryStore, to: StoryStore, storyId: string, after: string | undefined) {
  // The side that is written first is read first: what it has not is not on its way to the other.
  const pages = [
    await from.views(storyId, after, viewsPerPage),
    await to.views(storyId, after, viewsPerPage),
  ];
  const ends = pages
    .filter((page) => page.length === viewsPerPage)
    .map((page) => page.at(-1)?.viewerId as string);
  const last = ends.sort()[0];
  const [fromViews, toViews] = pages.map(
    (page) =>
      new Map(
        page
          .filter(({ viewerId }) => last === undefined || viewerId <= last)
          .map((view) => [view.viewerId, view] as const),
      ),
  ) as [Map<string, StoryView>, Map<string, StoryView>];
  return {
    from: fromViews,
    to: toViews,
    viewerIds: [...new Set([...fromViews.keys(), ...toViews.keys()])].sort(),
    last,
  };
}
