/** From zod schemas to the JSON Schemas of the document; what has `.meta({ id })` is described once, by reference. */
import { z } from 'zod';
import type { JsonSchema } from './json-schema.ts';
import { completeText } from './request-text.ts';

export type Schemas = {
  /** The schema of what is sent (`input`) or answered (`output`); a reference if it has an id. */
  of(schema: z.ZodType, io: 'input' | 'output'): JsonSchema;
  /** The fields of an object by name, and which of them must be there. */
  fieldsOf(
    schema: z.ZodObject,
    io: 'input' | 'output',
  ): { fields: Record<string, JsonSchema>; required: string[]; isClosed: boolean };
  /** Everything that was referred to, by id. */
  readonly components: Record<string, JsonSchema>;
};

/** What zod gives an integer that has no bounds of its own. */
const safeBounds = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER } as const;

/** Opens an empty collection of schemas, to which describing routes adds. */
export function openSchemas(): Schemas {
  const components: Record<string, JsonSchema> = {};

  function convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $schema, $defs, ...json } = z.toJSONSchema(schema, {
      io,
      // A transform has no schema of its own; what goes into it, or comes out of it, has.
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (io === 'output') loosen(zodSchema, jsonSchema);
        else {
          restore(zodSchema, jsonSchema);
          completeText(zodSchema, jsonSchema);
        }
        // A number in a query is told by its text, but is a number to whoever asks.
        if (jsonSchema.type === 'integer' || jsonSchema.type === 'number') delete jsonSchema.pattern;
      },
    }) as JsonSchema;
    for (const [id, definition] of Object.entries(($defs ?? {}) as Record<string, JsonSchema>)) {
      keep(id, relinked(definition));
    }
    return relinked(json);
  }

  function keep(id: string, definition: JsonSchema): void {
    const known = components[id];
    if (known && JSON.stringify(known) !== JSON.stringify(definition)) {
      throw new Error(`two schemas have the id ${id}, or its fields differ between request and reply`);
    }
    components[id] = definition;
  }

  return {
    of(schema, io) {
      // As a field of an object, a schema with an id becomes a reference.
      const { properties } = convert(z.object({ schema }), io) as { properties: { schema: JsonSchema } };
      return properties.schema;
    },
    fieldsOf(schema, io) {
      const { properties, required, additionalProperties } = convert(schema, io) as {
        properties?: Record<string, JsonSchema>;
        required?: string[];
        additionalProperties?: unknown;
      };
      return {
        fields: properties ?? {},
        required: required ?? [],
        isClosed: additionalProperties === false,
      };
    },
    components,
  };
}

/**
 * Defaults and examples are left out by zod where a value is transformed, since they may be of what comes out of it.
 * Ours are what is sent.
 */
function restore(zodSchema: z.core.$ZodTypes, json: JsonSchema): void {
  const { def } = zodSchema._zod;
  if (def.type === 'default') json.default ??= def.defaultValue;
  const examples = z.globalRegistry.get(zodSchema)?.examples;
  if (examples) json.examples ??= examples;
}

/**
 * A reply may gain fields within a version, so its objects are not closed; and bounds and patterns that only
 * repeat the type or the format say nothing.
 */
function loosen(zodSchema: z.core.$ZodTypes, json: JsonSchema): void {
  const { def } = zodSchema._zod;
  if (def.type === 'object' && def.catchall === undefined) delete json.additionalProperties;
  if (json.format !== undefined) delete json.pattern;
  for (const bound of ['minimum', 'maximum'] as const) {
    if (json[bound] === safeBounds[bound]) delete json[bound];
  }
}

/** The same schema with its references pointing into the document. */
function relinked<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(relinked) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : relinked(inner),
    ]),
  ) as Value;
}
