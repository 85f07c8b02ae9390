/** Texts of a path, a query or a form as the values their schema means. */
import type { JsonSchema } from '../../../api/openapi/json-schema.ts';

/**
 * Numbers as programs write them: whole ones in their digits alone, others perhaps with the exponent of what is next to
 * nothing (ECMAScript, Number::toString; what is past 1e21 is in no range here).
 */
const wholeNumber = /^-?(?:0|[1-9]\d*)$/;
const decimalNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE]-\d+)?$/;

/** The value; a text that is none of the schema's type stays a text, which the schema then refuses. */
export function valueIn(text: string, { type }: JsonSchema): unknown {
  if (type === 'integer') return wholeNumber.test(text) ? Number(text) : text;
  if (type === 'number') return decimalNumber.test(text) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

/** The value of a name that came with these texts: one is a value, more are a list. */
export function valueInAll(texts: readonly string[], schema: JsonSchema): unknown {
  const [first = ''] = texts;
  return texts.length === 1 ? valueIn(first, schema) : texts;
}
