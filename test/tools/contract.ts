/**
 * The OpenAPI document as a contract: every reply a test gets through `send` has to be one that the document knows,
 * with the headers and the body it describes.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Operation } from '../../api/openapi/operation.ts';
import type { JsonSchema } from '../../api/openapi/schemas.ts';
import { type OpenApiDocument, openApiDocument } from '../../api/openapi.ts';
import type { Route } from '../../api/route.ts';
import { routes as allRoutes } from '../../api/routes/index.ts';

/** What is looked at of a reply. */
type Answer = { status: number; headers: Headers; body: unknown; text: string };

/** A reply as the document has it, without references. */
type Described = {
  headers?: Record<string, { required?: boolean }>;
  content?: Record<string, { schema: JsonSchema }>;
};

type Contract = {
  /** The operations at a path, by method; undefined if the path is not in the document. */
  at(path: string): Record<string, Operation> | undefined;
  reply(operation: Operation, status: number): Described | undefined;
  validator(schema: JsonSchema): ValidateFunction;
};

/** The addresses are examples; nothing is compared with them. */
const address = 'http://127.0.0.1';
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

function openContract(routes: readonly Route[]): Contract {
  const document = openApiDocument(routes, { PUBLIC_URL: address, CDN_BASE_URL: address });
  const paths = Object.entries(document.paths)
    .map(([path, operations]) => ({ path, operations, pattern: patternOf(path) }))
    // A path without parameters goes before one that has it as an id.
    .sort((one, other) => parametersOf(one.path) - parametersOf(other.path));
  const ajv = new Ajv2020({ strict: false, validateSchema: false, meta: false });
  ajv.addFormat('date-time', rfc3339);
  for (const annotation of ['binary', 'email']) ajv.addFormat(annotation, true);
  ajv.addSchema({ $id: 'document', components: { schemas: document.components.schemas } });
  const validators = new Map<JsonSchema, ValidateFunction>();

  return {
    at: (path) => paths.find(({ pattern }) => pattern.test(path))?.operations,
    reply: (operation, status) => resolve(document, operation.responses[status]),
    validator(schema) {
      let validate = validators.get(schema);
      if (!validate) {
        const text = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/');
        validate = ajv.compile(JSON.parse(text) as JsonSchema);
        validators.set(schema, validate);
      }
      return validate;
    },
  };
}

const parametersOf = (path: string) => path.split('{').length;

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}/?$`);
}

function resolve(document: OpenApiDocument, reply: unknown): Described | undefined {
  const found = follow(document, reply) as Described | undefined;
  if (!found?.headers) return found;
  const headers = Object.entries(found.headers).map(([name, header]) => [name, follow(document, header)]);
  return { ...found, headers: Object.fromEntries(headers) };
}

function follow(document: OpenApiDocument, part: unknown): unknown {
  const { $ref } = (part ?? {}) as { $ref?: string };
  if ($ref === undefined) return part;
  const keys = $ref.slice(2).split('/');
  return keys.reduce((at, key) => (at as Record<string, unknown>)[key], document as unknown);
}

/** One for the routes there are, made when it is first needed; servers with routes of a test's own have their own. */
let common: Contract | undefined;
const ofServers = new Map<string, Contract>();

/** Says what the server at `base` serves, if that is not what every server does. */
export function agreeOn(base: string, routes: readonly Route[] | undefined): void {
  if (routes) ofServers.set(base, openContract(routes));
  else ofServers.delete(base);
}

/**
 * Compares a reply with the document.
 *
 * @throws naming what differs. Paths and methods that are not in the document are not looked at.
 */
export function holdToContract(base: string, method: string, url: string, answer: Answer): void {
  const [path = ''] = url.split('?');
  common ??= openContract(allRoutes);
  const contract = ofServers.get(base) ?? common;
  const operation = contract.at(path)?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
  if (!operation || !isDecodable(path)) return;
  const problem = problemOf(contract, operation, method, answer);
  if (problem) {
    throw new Error(
      `${method} ${path} breaks the contract: ${problem}\n${answer.status} ${answer.text.slice(0, 1_000)}`,
    );
  }
}

/** What cannot be decoded is no path of any operation. */
function isDecodable(path: string): boolean {
  try {
    return decodeURIComponent(path) !== undefined;
  } catch {
    return false;
  }
}

function problemOf(
  contract: Contract,
  operation: Operation,
  method: string,
  { status, headers, body, text }: Answer,
): string | undefined {
  const described = contract.reply(operation, status);
  if (!described) return `${status} is not among ${Object.keys(operation.responses).join(', ')}`;
  for (const [name, { required }] of Object.entries(described.headers ?? {})) {
    if (required && !headers.has(name)) return `the header ${name} is missing`;
  }
  if (method === 'HEAD') return undefined;
  const schema = described.content?.['application/json']?.schema;
  if (!schema) return described.content || text === '' ? undefined : 'there is a body';
  const validate = contract.validator(schema);
  if (validate(body)) return undefined;
  const [error] = validate.errors ?? [];
  return `${error?.instancePath} ${error?.message} (${error?.schemaPath})`;
}
