/** Engines that cannot be reached: what fails because of that may succeed in a moment. */
import { isDatabaseDown } from './db/index.ts';
import { ObjectStoreError } from './images/index.ts';
import { isRedisDown } from './redis/index.ts';
import { SearchIndexError } from './search/index.ts';
import { StoryStoreError } from './stories/index.ts';

/** True if the error is what an engine that is away makes of a request or a job. */
export function isEngineAway(error: unknown): boolean {
  return (
    isDatabaseDown(error) ||
    isRedisDown(error) ||
    error instanceof SearchIndexError ||
    error instanceof StoryStoreError ||
    (error instanceof ObjectStoreError && error.kind === 'unavailable')
  );
}
