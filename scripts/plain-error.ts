/** Errors that a person at the terminal can act on, and how a script ends with one. */
import { ConfigError } from '../shared/config.ts';

/** Its message says what is wrong and what to type; a stack would only hide that. */
export class PlainError extends Error {
  override name = 'PlainError';
}

/** The exit code and the text on stderr for whatever a script ended with. */
export function reportError(error: unknown): void {
  if (error instanceof PlainError || error instanceof ConfigError) console.error(`\n${error.message}\n`);
  else console.error(error);
  process.exitCode = 1;
}
