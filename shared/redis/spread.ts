/**
 * Scripts that treat each of their keys by itself, so that keys of any slots may be given: on one server a thousand
 * go into one call; on a cluster those of one slot do, and what goes to one node at once goes in one system call.
 * (Decision 17.)
 */
import slotOf from 'cluster-key-slot';
import { isCluster, type Redis, script } from './index.ts';

/** Keys one call treats: long enough to amortise it, short enough (2 to 5 ms) not to block Redis. */
const keysPerCall = 1_000;

/** What one call replied for its keys. */
type Part<Reply> = { keys: string[]; reply: Reply };

export type SpreadScript<Reply> = (
  redis: Redis,
  keys: readonly string[],
  values: readonly (string | number)[],
) => Promise<Part<Reply>[]>;

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const made: Item[][] = [];
  for (let from = 0; from < items.length; from += size) made.push(items.slice(from, from + size));
  return made;
}

/**
 * What is sent together, as lists of the keys of each call: about a thousand keys, in one call on one server, in one
 * for each slot on a cluster.
 */
export function batchesOf(keys: readonly string[], bySlot: boolean): string[][][] {
  if (!bySlot) return chunks(keys, keysPerCall).map((call) => [call]);
  const calls = [...Map.groupBy(keys, slotOf).values()].flatMap((slot) => chunks(slot, keysPerCall));
  const batches: string[][][] = [];
  let room = 0;
  for (const call of calls) {
    if (room < call.length) {
      batches.push([]);
      room = keysPerCall;
    }
    batches.at(-1)?.push(call);
    room -= call.length;
  }
  return batches;
}

/**
 * Prepares such a script.
 *
 * @param inFlight how many batches of a thousand keys are under way at once: the next is ready when one ends
 * @returns a function that replies what each call replied, in no order; it throws what the first failing one threw,
 *   and then some keys were treated and some not.
 */
export function spreadScript<Reply>(lua: string, inFlight: number): SpreadScript<Reply> {
  const run = script<Reply>(lua, { isSpread: true });
  return async (redis, keys, values) => {
    const batches = batchesOf(keys, isCluster(redis));
    const parts: Part<Reply>[] = [];
    let next = 0;
    const lane = async () => {
      for (let batch = batches[next++]; batch; batch = batches[next++]) {
        const replies = await Promise.all(batch.map((call) => run(redis, call, values)));
        for (const [index, reply] of replies.entries()) parts.push({ keys: batch[index] as string[], reply });
      }
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
    return parts;
  };
}

/** The sum of what the calls of a counting script replied. */
export function total(parts: readonly Part<number>[]): number {
  return parts.reduce((sum, { reply }) => sum + reply, 0);
}
