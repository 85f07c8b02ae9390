/**
 * What a text of a request may hold, as JSON Schema says it: a schema of zod's checks the text after trimming it, and
 * says nothing of NUL, which no request may carry.
 */
import type { z } from 'zod';
import type { JsonSchema } from './json-schema.ts';

const noNul = '[^\\u0000]*';

/** True if the schema takes away what surrounds the text before it looks at it. */
function isTrimmed({ _zod: { def } }: z.core.$ZodTypes): boolean {
  return ('checks' in def ? (def.checks ?? []) : []).some(({ _zod: { def: check } }) => {
    const { check: kind, tx } = check as { check: string; tx?: (text: string) => unknown };
    return kind === 'overwrite' && tx?.(' ') === '';
  });
}

/**
 * The pattern of what may be sent, blanks around it and all. `\s` is what `trim` takes away: both are ECMAScript's
 * WhiteSpace and LineTerminator.
 */
function patternOf(pattern: string | undefined, minLength: number, isTrimmed: boolean): string {
  if (pattern === undefined)
    return isTrimmed && minLength > 0 ? `^${noNul}[^\\s\\u0000]${noNul}$` : `^${noNul}$`;
  const inner = /^\^(.*)\$$/s.exec(pattern)?.[1];
  // One that is found anywhere in the text says nothing of the rest of it.
  if (inner === undefined) return `^${noNul}(?:${pattern})${noNul}$`;
  return isTrimmed ? `^\\s*(?:${inner})\\s*$` : pattern;
}

/** Completes the schema of a text; other schemas stay as they are. */
export function completeText(zodSchema: z.core.$ZodTypes, json: JsonSchema): void {
  if (json.type !== 'string' || json.enum !== undefined || json.const !== undefined) return;
  const pattern = json.pattern as string | undefined;
  json.pattern = patternOf(pattern, Number(json.minLength ?? 0), isTrimmed(zodSchema));
}
