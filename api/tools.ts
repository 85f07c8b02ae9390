/** The tools of an API process: those of every process, but nobody waits long for an answer. */
import type { Config } from '../shared/config.ts';
import { openTools, type Tools } from '../shared/tools.ts';

/** As long as for every other engine: no query of a request takes a tenth of it. */
const databaseAnswersWithinMs = 5_000;

/** @throws as `openTools` does. */
export function openApiTools(config: Config): Promise<Tools> {
  return openTools(config, 'api', { databaseAnswersWithinMs });
}
