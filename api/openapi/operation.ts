/** One route value as an OpenAPI operation. */
import type { z } from 'zod';
import { type Area, impliedErrors, isKeyed, type Route } from '../route.ts';
import { exampleNamed, exampleOf } from './examples.ts';
import type { JsonSchema } from './json-schema.ts';
import { deprecationHeaders, type ErrorReplies, headers, type Reply } from './replies.ts';
import type { Schemas } from './schemas.ts';

export type Parameter = {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: JsonSchema;
  example?: unknown;
};
type Reference = { $ref: string };

export type Operation = {
  operationId: string;
  tags: Area[];
  summary: string;
  description?: string;
  deprecated?: true;
  security?: Record<string, string[]>[];
  parameters?: (Parameter | Reference)[];
  requestBody?: { required: boolean; content: Record<string, unknown> };
  responses: Record<string, Reply | Reference>;
  servers?: { url: string }[];
};

const postEtag = '(?:W/)?"v\\d+-[\\w-]+"';

/**
 * Header parameters that are described once. They have no examples: the documentation would send those along
 * with every request that is tried out.
 */
export const sharedParameters: Record<string, Parameter> = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'Makes the write safe to repeat: the same key with the same request is answered from the first outcome, ' +
      'for 24 hours. Any 1 to 255 visible ASCII characters; a UUID is a good choice.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$', minLength: 1, maxLength: 255 },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The ETag that was read. If somebody edited meanwhile, the answer is 409 CONFLICT.',
    schema: { type: 'string', pattern: `^(?:\\*|${postEtag}(?:\\s*,\\s*${postEtag})*)$` },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'The ETag that was read. If nothing changed since, the answer is 304 without a body.',
    schema: { type: 'string' },
  },
};

/** A name for generated clients: `post /v1/posts/{post_id}/like` becomes `postPostsByPostIdLike`. */
export function operationIdOf(method: string, path: string): string {
  const words = path
    .replace(/^\/v1(?=\/)/, '')
    .replace(/\{([^}]+)\}/g, 'by_$1')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** Describes one route: parameters, body, replies and errors. */
export function describeRoute(spec: Route, schemas: Schemas, errorReplies: ErrorReplies): Operation {
  const hasEtag = spec.headers?.ETag !== undefined;
  const parameters = [
    ...pathParameters(spec, schemas),
    ...queryParameters(spec, schemas),
    ...(isKeyed(spec) ? [referTo('IdempotencyKey')] : []),
    ...(hasEtag && spec.method === 'get' ? [referTo('IfNoneMatch')] : []),
    ...(hasEtag && ['put', 'patch', 'delete'].includes(spec.method) ? [referTo('IfMatch')] : []),
  ];
  const body = requestBody(spec, schemas);
  const description = describe(spec);
  return {
    operationId: operationIdOf(spec.method, spec.path),
    tags: [spec.area],
    summary: spec.summary,
    ...(description ? { description } : {}),
    ...(spec.deprecated ? { deprecated: true } : {}),
    security: securityOf(spec),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: body } : {}),
    responses: {
      [spec.status]: success(spec, schemas),
      ...(hasEtag && spec.method === 'get'
        ? { 304: { description: 'Nothing changed.', headers: headers(...endingOf(spec)) } }
        : {}),
      ...errorReplies.of([...spec.errors, ...impliedErrors(spec)], spec.deprecated ? 'deprecated' : 'api'),
    },
  };
}

function referTo(name: keyof typeof sharedParameters): Reference {
  return { $ref: `#/components/parameters/${name}` };
}

function securityOf(spec: Route): Record<string, string[]>[] {
  if (spec.auth === 'user' || spec.auth === 'admin') return [{ accessToken: [] }];
  return spec.auth === 'optional' ? [{}, { accessToken: [] }] : [];
}

function describe(spec: Route): string {
  return [
    spec.perMinute && `At most ${spec.perMinute} requests a minute from one address.`,
    spec.deprecated &&
      `Deprecated since ${spec.deprecated.since}, gone on ${spec.deprecated.sunset}: ` +
        `use \`${spec.deprecated.successor}\`.`,
  ]
    .filter(Boolean)
    .join(' ');
}

function parameter(name: string, where: 'path' | 'query', required: boolean, json: JsonSchema): Parameter {
  const { description, examples, ...schema } = json as JsonSchema & {
    description?: string;
    examples?: unknown[];
  };
  const example = examples?.[0] ?? exampleNamed(name);
  return {
    name,
    in: where,
    required,
    ...(description ? { description } : {}),
    schema,
    ...(example === undefined ? {} : { example }),
  };
}

function pathParameters(spec: Route, schemas: Schemas): Parameter[] {
  const known = spec.params ? schemas.fieldsOf(spec.params as z.ZodObject, 'input').fields : {};
  return [...spec.path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) =>
    parameter(name, 'path', true, known[name] ?? { type: 'string' }),
  );
}

function queryParameters(spec: Route, schemas: Schemas): Parameter[] {
  if (!spec.query) return [];
  const { fields, required } = schemas.fieldsOf(spec.query as z.ZodObject, 'input');
  return Object.entries(fields).map(([name, json]) =>
    parameter(name, 'query', required.includes(name), json),
  );
}

function requestBody(spec: Route, schemas: Schemas): Operation['requestBody'] {
  if (spec.multipart) {
    return { required: true, content: { 'multipart/form-data': form(spec, spec.multipart, schemas) } };
  }
  if (!spec.body) return undefined;
  const { required } = schemas.fieldsOf(spec.body as z.ZodObject, 'input');
  return {
    required: required.length > 0,
    content: { 'application/json': withExample(spec.body as z.ZodType, 'input', schemas) },
  };
}

function withExample(body: z.ZodType, io: 'input' | 'output', schemas: Schemas) {
  const schema = schemas.of(body, io);
  return { schema, example: exampleOf(schema, schemas.components) };
}

/** A form: the files under their field's name, then the text fields; what is no text travels as JSON. */
function form(
  spec: Route,
  { field, maxFiles, maxFileBytes }: NonNullable<Route['multipart']>,
  schemas: Schemas,
) {
  const { fields, required, isClosed } = spec.body
    ? schemas.fieldsOf(spec.body as z.ZodObject, 'input')
    : { fields: {}, required: [], isClosed: true };
  const file = { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' };
  const limit = `At most ${Math.round(maxFileBytes / 1_048_576)} MB${maxFiles > 1 ? ' each' : ''}.`;
  const structured = Object.entries(fields).filter(([, json]) => json.type === 'object');
  return {
    schema: {
      type: 'object',
      properties: {
        [field]:
          maxFiles > 1
            ? { type: 'array', items: file, minItems: 1, maxItems: maxFiles, description: limit }
            : { ...file, description: limit },
        ...fields,
      },
      required: [field, ...required],
      ...(isClosed ? { additionalProperties: false } : {}),
    },
    ...(structured.length > 0
      ? {
          encoding: Object.fromEntries(
            structured.map(([name]) => [name, { contentType: 'application/json' }]),
          ),
        }
      : {}),
  };
}

/** The headers by which a route tells of its end. */
function endingOf(spec: Route): readonly string[] {
  return spec.deprecated ? deprecationHeaders : [];
}

function success(spec: Route, schemas: Schemas): Reply {
  const own = Object.entries(spec.headers ?? {}).map(([name, description]) => [
    name,
    { description, required: true as const, schema: { type: 'string' } },
  ]);
  const shared = [...(isKeyed(spec) ? ['Idempotent-Replayed'] : []), ...endingOf(spec)];
  return {
    description: spec.status === 201 ? 'Created' : spec.status === 204 ? 'Done' : 'OK',
    headers: { ...headers(...shared), ...Object.fromEntries(own) },
    ...(spec.reply
      ? { content: { 'application/json': withExample(spec.reply as z.ZodType, 'output', schemas) } }
      : {}),
  };
}
