/** Tests that need an engine which not everybody has. */

/**
 * For a `before` hook: skips the suite, aloud, when the engine's address is unset, and fails instead where every engine
 * has to be there (`TEST_ENGINES_REQUIRED=1`).
 *
 * @param name such as TEST_CASSANDRA_URL
 */
export function needsEngine(context: Mocha.Context, name: string): void {
  if (process.env[name]) return;
  if (process.env.TEST_ENGINES_REQUIRED === '1') throw new Error(`${name} is not set`);
  // biome-ignore lint/suspicious/noConsole: whoever reads the results has to see it.
  console.warn(`Skipped: ${name} is not set.`);
  context.skip();
}
