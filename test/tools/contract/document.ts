/** The OpenAPI document as it is looked things up in: the operation of a request, parts by reference, schemas as checks. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonSchema } from '../../../api/openapi/json-schema.ts';
import type { Operation } from '../../../api/openapi/operation.ts';
import { openApiDocument } from '../../../api/openapi.ts';
import type { Route } from '../../../api/route.ts';

/** The operation a request is for, and the parameters in its path, decoded. */
export type Found = { operation: Operation; params: Record<string, string> };

export type Contract = {
  /** Undefined if the path or the method is not in the document, or the path cannot be decoded. */
  find(method: string, path: string): Found | undefined;
  /** The part, or what it refers to. */
  follow(part: unknown): unknown;
  /** What is wrong with a value, or undefined. */
  problemOf(value: unknown, schema: JsonSchema): string | undefined;
};

/** The addresses are examples; nothing is compared with them. */
const address = 'http://127.0.0.1';
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** Reads the document that the routes make. */
export function openContract(routes: readonly Route[]): Contract {
  const document = openApiDocument(routes, { PUBLIC_URL: address, CDN_BASE_URL: address });
  const paths = Object.entries(document.paths)
    .map(([path, operations]) => ({ operations, pattern: patternOf(path), names: namesIn(path) }))
    // A path without parameters goes before one that has it as an id.
    .sort((one, other) => one.names.length - other.names.length);
  const ajv = new Ajv2020({ strict: false, validateSchema: false, meta: false });
  ajv.addFormat('date-time', rfc3339);
  for (const annotation of ['binary', 'email']) ajv.addFormat(annotation, true);
  ajv.addSchema({ $id: 'document', components: { schemas: document.components.schemas } });
  const validators = new Map<JsonSchema, ValidateFunction>();

  function validator(schema: JsonSchema): ValidateFunction {
    const known = validators.get(schema);
    if (known) return known;
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/');
    const validate = ajv.compile(JSON.parse(text) as JsonSchema);
    validators.set(schema, validate);
    return validate;
  }

  return {
    find(method, path) {
      const place = paths.find(({ pattern }) => pattern.test(path));
      const operation = place?.operations[method === 'HEAD' ? 'get' : method.toLowerCase()];
      const values = place?.pattern.exec(path)?.slice(1).map(decoded) ?? [];
      if (!place || !operation || values.includes(undefined)) return undefined;
      return {
        operation,
        params: Object.fromEntries(place.names.map((name, at) => [name, values[at] ?? ''])),
      };
    },
    follow(part) {
      const { $ref } = (part ?? {}) as { $ref?: string };
      if ($ref === undefined) return part;
      const keys = $ref.slice(2).split('/');
      return keys.reduce((at, key) => (at as Record<string, unknown>)[key], document as unknown);
    },
    problemOf(value, schema) {
      const validate = validator(schema);
      if (validate(value)) return undefined;
      const [error] = validate.errors ?? [];
      const what = error?.params.additionalProperty ?? '';
      return `${error?.instancePath} ${error?.message} ${what}(${error?.schemaPath})`;
    },
  };
}

const namesIn = (path: string) => [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '([^/]+)')}/?$`);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
