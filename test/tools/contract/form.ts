/**
 * Multipart forms as the object their schema describes (OpenAPI 3.1.1, "Encoding Object"): files are binary, a list is a
 * repeated field, an object is JSON. A list may be one part of JSON too, as the descriptions of those fields say.
 */
import type { JsonSchema } from '../../../api/openapi/json-schema.ts';
import { valueInAll } from './values.ts';

type Part = string | File;
type FormSchema = { properties?: Record<string, JsonSchema> };

/** The form as a value for its schema; what is sent as something else than its schema takes stays what it is. */
export function formValue(form: FormData, schema: JsonSchema): Record<string, unknown> {
  const { properties = {} } = schema as FormSchema;
  const fields = [...new Set(form.keys())].map((name) => {
    const property = properties[name] ?? {};
    const parts = form.getAll(name);
    return [name, isOfFiles(property) ? filesValue(parts, property) : fieldValue(parts, property)];
  });
  return Object.fromEntries(fields);
}

const isOfFiles = ({ format, items }: JsonSchema) =>
  format === 'binary' || (items as JsonSchema | undefined)?.format === 'binary';

/** Files as texts of bytes; a text in the place of a file is none. */
function filesValue(parts: Part[], { type }: JsonSchema): unknown {
  const values = parts.map((part) => (typeof part === 'string' ? { text: part } : part.name));
  return type === 'array' || values.length > 1 ? values : values[0];
}

function fieldValue(parts: Part[], property: JsonSchema): unknown {
  const texts = parts.filter((part) => typeof part === 'string');
  if (texts.length < parts.length) return parts;
  const [only = ''] = texts;
  if (property.type === 'object') return texts.length === 1 ? (parsed(only) ?? only) : texts;
  if (takesList(property) && texts.length === 1) {
    const list = only.trimStart().startsWith('[') ? parsed(only) : undefined;
    if (Array.isArray(list)) return list;
    if (property.type === 'array') return texts;
  }
  return valueInAll(texts, property);
}

function takesList({ type, anyOf }: JsonSchema): boolean {
  return type === 'array' || ((anyOf ?? []) as JsonSchema[]).some((each) => each.type === 'array');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
