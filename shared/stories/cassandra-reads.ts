/** How many partitions are read in few queries: those that lie on the same nodes together, some queries at a time. */

/** Partitions that one query names: enough to save most of the way, few enough for the node to answer at once. */
const partitionsPerRead = 25;
/** Queries of one call that are under way at once: enough to hide the way to the nodes and back. */
const lanes = 32;

/** One query for stories of several owners. */
export type Read = {
  /** Owners whose partitions the same nodes hold, so that whichever is asked has them all. */
  userIds: string[];
  /** The earliest story asked for: what is older in these partitions is not read. */
  fromStoryId: string;
  /** What is asked for; the query finds whatever else its owners have since then. */
  asked: Set<string>;
};

/**
 * Puts stories together into queries.
 *
 * @param nodesOf the nodes that hold the partition of an owner; any text for them will do
 */
export function readsOf(
  stories: readonly { userId: string; storyId: string }[],
  nodesOf: (userId: string) => string,
): Read[] {
  const perOwner = Map.groupBy(stories, ({ userId }) => userId);
  const perNodes = Map.groupBy(perOwner, ([userId]) => nodesOf(userId));
  return [...perNodes.values()].flatMap((owners) =>
    chunksOf(owners, partitionsPerRead).map((chunk) => {
      const storyIds = chunk.flatMap(([, owned]) => owned.map(({ storyId }) => storyId));
      return {
        userIds: chunk.map(([userId]) => userId),
        fromStoryId: storyIds.reduce((least, storyId) => (storyId < least ? storyId : least)),
        asked: new Set(storyIds),
      };
    }),
  );
}

/** The items in their order, so many together. */
export function chunksOf<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, at) => items.slice(at * size, (at + 1) * size));
}

/** Does the work of every item, some at a time; after a failure none is begun. */
export async function inLanes<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const item = items[next] as Item;
      next += 1;
      try {
        await work(item);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
}
