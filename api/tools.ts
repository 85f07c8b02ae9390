/** The tools of an API process: those of every process, but nobody waits long for an answer. */
import type { Config } from '../shared/config.ts';
import { openTools, type Tools } from '../shared/tools.ts';

/** Deleting a post that millions like is the longest there is. */
const longestQueryMs = 60_000;

/** @throws as `openTools` does. */
export function openApiTools(config: Config): Promise<Tools> {
  return openTools(config, 'api', { longestQueryMs });
}
