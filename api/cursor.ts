/** Cursors: where a page ended, opaque to clients, and the query fields every list takes. */
import { z } from 'zod';
import { fail } from '../shared/errors.ts';
import { wholeNumber } from './query-number.ts';

/** The query of a list. */
export const pageQuery = z.object({
  cursor: z
    .string()
    .regex(/^[\w-]*$/, 'This is not a cursor of this list')
    .min(1, 'Must not be empty')
    .max(1_000)
    .optional()
    .describe('`next_cursor` of the page before.'),
  limit: wholeNumber({ min: 1, max: 100 }).default(20),
});

/** Writes a cursor. `kind` names the list, so that a cursor of another one is refused. */
export function encodeCursor(kind: string, values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([kind, Math.floor(Date.now() / 1_000), ...values])).toString('base64url');
}

const envelope = z.tuple([z.string(), z.int()], z.unknown());

/**
 * Reads a cursor.
 *
 * @param values a tuple of what was written
 * @param expiresInS how long cursors of this kind live; for ever if not given
 * @throws {Failure} INVALID_INPUT on `cursor` if it is none of this kind; GONE if it has expired.
 */
export function decodeCursor<Values extends z.ZodType>(
  kind: string,
  values: Values,
  text: string,
  expiresInS?: number,
): z.output<Values> {
  const outer = envelope.safeParse(parseJson(text));
  if (!outer.success) return refuseCursor();
  const [foundKind, issuedS, ...rest] = outer.data;
  const inner = values.safeParse(rest);
  if (foundKind !== kind || !inner.success) return refuseCursor();
  if (expiresInS !== undefined && issuedS + expiresInS < Date.now() / 1_000) {
    fail('GONE', { field: 'cursor', reason: 'This cursor has expired; begin again without it' });
  }
  return inner.data;
}

/**
 * Refuses a cursor, also one that reads well but leads nowhere in its list.
 *
 * @throws {Failure} INVALID_INPUT, always.
 */
export function refuseCursor(): never {
  return fail('INVALID_INPUT', { field: 'cursor', reason: 'This is not a cursor of this list' });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
