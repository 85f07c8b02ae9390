/** Several lists of posts as one, exact as far as it goes. */

/** Post ids, the newest first. One that is not whole has every post down to its last one, and says nothing of older ones. */
export type Newest = { postIds: readonly string[]; isWhole: boolean };

/** What came of it. `sources` says of each post which list it was in, the last one of several. */
export type Merged = Newest & { sources: readonly number[] };

/** Where the posts older than `before` begin in a list. */
function startOf(postIds: readonly string[], before: string | undefined): number {
  if (before === undefined) return 0;
  let [from, to] = [0, postIds.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((postIds[middle] as string) < before) to = middle;
    else from = middle + 1;
  }
  return from;
}

/**
 * Up to `count` posts of all lists older than `before`, each once. The merge ends where the first list that is not
 * whole ends: of what is older, somebody else must tell.
 */
export function mergeNewest(lists: readonly Newest[], before: string | undefined, count: number): Merged {
  const heads = lists.map(({ postIds }) => startOf(postIds, before));
  const floor = floorOf(lists, heads, before);
  const postIds: string[] = [];
  const sources: number[] = [];
  while (postIds.length < count) {
    let newest = '';
    for (const [index, list] of lists.entries()) {
      const head = list.postIds[heads[index] as number];
      if (head !== undefined && head > newest) newest = head;
    }
    if (newest === '' || newest < floor) return { postIds, sources, isWhole: floor === '' };
    let source = 0;
    for (const [index, list] of lists.entries()) {
      const head = heads[index] as number;
      if (list.postIds[head] !== newest) continue;
      heads[index] = head + 1;
      source = index;
    }
    postIds.push(newest);
    sources.push(source);
  }
  return { postIds, sources, isWhole: false };
}

/** The oldest id down to which every list is known; '' if all of them are whole. */
function floorOf(lists: readonly Newest[], heads: readonly number[], before: string | undefined): string {
  let floor = '';
  for (const [index, { postIds, isWhole }] of lists.entries()) {
    if (isWhole) continue;
    const oldest = (heads[index] as number) < postIds.length ? postIds.at(-1) : before;
    // A list without any post that is not whole knows nothing: no id is as new as `~`.
    if ((oldest ?? '~') > floor) floor = oldest ?? '~';
  }
  return floor;
}
