/** Which feeds one script may touch together, and how many scripts run at once. */

/** Keys one script touches: long enough to amortise the call, short enough (about 2 ms) not to block Redis. */
const keysPerScript = 1_000;
/** Scripts in flight at once: the next is ready when one ends. */
const scriptsInFlight = 8;

/** Runs one script per group of keys and adds up what they reply. @throws what the first failing one threw. */
export async function inGroups(keys: string[], run: (group: string[]) => Promise<number>): Promise<number> {
  const groups: string[][] = [];
  for (let from = 0; from < keys.length; from += keysPerScript) {
    groups.push(keys.slice(from, from + keysPerScript));
  }
  let total = 0;
  let next = 0;
  const lane = async () => {
    for (let group = groups[next++]; group; group = groups[next++]) {
      const touched = await run(group);
      // Read after the wait: the other lanes add to it meanwhile.
      total += touched;
    }
  };
  await Promise.all(Array.from({ length: scriptsInFlight }, lane));
  return total;
}
