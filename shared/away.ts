/** Engines that cannot be reached: what fails because of that may succeed in a moment. */
import { isDatabaseDown } from './db/index.ts';
import { ObjectStoreError } from './images/index.ts';
import type { Part } from './probes.ts';
import { isRedisDown } from './redis/index.ts';
import { SearchIndexError } from './search/index.ts';
import { StoryStoreError } from './stories/index.ts';

/** True if the error is what an engine that is away makes of a request or a job. */
export function isEngineAway(error: unknown): boolean {
  return suspectsOf(error).length > 0;
}

/** The parts of which one is away if the error comes of that; none for any other error. */
export function suspectsOf(error: unknown): readonly Part[] {
  // A port says whose failure it is; its message may hold what another engine's error is told by.
  if (error instanceof SearchIndexError) return ['search'];
  if (error instanceof StoryStoreError) return ['stories'];
  if (error instanceof ObjectStoreError) return error.kind === 'unavailable' ? ['images'] : [];
  if (isDatabaseDown(error)) return ['postgres'];
  // The error does not tell which of the two it was.
  return isRedisDown(error) ? ['cache', 'queue'] : [];
}
