/** Which streams one script may touch together, and how many scripts run at once. */

/** Streams one script touches: long enough to amortise the call, short enough (about 5 ms) not to block Redis. */
const keysPerScript = 1_000;
/** Scripts in flight at once: the next is ready when one ends. */
const scriptsInFlight = 4;

/** On one server any keys go together; in a Redis Cluster a group would have to lie in one slot. */
function groupsOf(streams: string[]): string[][] {
  const groups: string[][] = [];
  for (let from = 0; from < streams.length; from += keysPerScript) {
    groups.push(streams.slice(from, from + keysPerScript));
  }
  return groups;
}

/** Runs one script per group of streams. @throws what the first failing one threw. */
export async function inGroups(streams: string[], run: (group: string[]) => Promise<unknown>): Promise<void> {
  const groups = groupsOf(streams);
  let next = 0;
  const lane = async () => {
    for (let group = groups[next++]; group; group = groups[next++]) await run(group);
  };
  await Promise.all(Array.from({ length: scriptsInFlight }, lane));
}
