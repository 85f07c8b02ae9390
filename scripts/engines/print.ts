/** What `npm run engines` prints: the variables of the environment with which `npm start` uses the engines. */
import type { EngineUrls } from './room.ts';

/** The same under the names by which tests find them. */
export function namedForTests(urls: EngineUrls): EngineUrls {
  return Object.fromEntries(Object.entries(urls).map(([name, value]) => [`TEST_${name}`, value]));
}

/** One line of JSON, or lines for a shell. In single quotes a shell reads everything as it stands. */
export function toPrint(urls: EngineUrls, json: boolean): string {
  if (json) return JSON.stringify(urls);
  return Object.entries(urls)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`)
    .join('\n');
}
