/** What replies have in common: the headers each carries, and the errors in their envelope. */
import { z } from 'zod';
import { type ErrorCode, errors } from '../../shared/errors.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Schemas } from './schemas.ts';

const codes = Object.keys(errors) as [ErrorCode, ...ErrorCode[]];

const errorSchema = z
  .object({
    error: z.object({
      code: z.enum(codes),
      message: z.string(),
      details: z
        .looseObject({
          field: z.string().optional().describe('What is at fault.'),
          reason: z.string().optional().describe('Why, in words a person can act on.'),
        })
        .optional(),
      request_id: z.string().describe('Names the request in the logs; also in X-Request-Id.'),
    }),
  })
  .meta({ id: 'Error', description: 'Every error looks like this.' });

type Header = { description: string; required?: true; schema: JsonSchema };
type Reference = { $ref: string };
export type Reply = {
  description: string;
  headers?: Record<string, Header | Reference>;
  content?: Record<string, unknown>;
};

const text = { type: 'string' };
const integer = { type: 'integer' };

/** Every header that is described once. */
export const sharedHeaders: Record<string, Header> = {
  'X-Request-Id': { description: 'Names the request in the logs.', required: true, schema: text },
  'X-RateLimit-Limit': {
    description: 'Requests that may be made in one minute.',
    required: true,
    schema: integer,
  },
  'X-RateLimit-Remaining': {
    description: 'Requests that are left in this minute.',
    required: true,
    schema: integer,
  },
  'X-RateLimit-Reset': {
    description: 'When this minute ends, in Unix seconds.',
    required: true,
    schema: integer,
  },
  'RateLimit-Policy': { description: 'The quota: `"free";q=60;w=60`.', required: true, schema: text },
  RateLimit: { description: 'What is left of it: `"free";r=59;t=60`.', required: true, schema: text },
  'Retry-After': { description: 'After how many seconds to try again.', schema: integer },
  'Idempotent-Replayed': {
    description: '`true` if this is the kept outcome of an earlier request with the same Idempotency-Key.',
    schema: { type: 'string', enum: ['true'] },
  },
  Deprecation: {
    description: 'Since when the route is deprecated (RFC 9745).',
    required: true,
    schema: text,
  },
  Sunset: { description: 'When the route will be gone (RFC 8594).', required: true, schema: text },
  Link: { description: 'Where its successor is.', required: true, schema: text },
};

const onEveryReply = [
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'RateLimit-Policy',
  'RateLimit',
];

/** References to the headers of every reply and to those named. */
export function headers(...more: string[]): Record<string, Reference> {
  return Object.fromEntries(
    [...onEveryReply, ...more].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}

/** Details as clients see them, where an example says more than the code. */
const exampleDetails: Partial<Record<ErrorCode, Record<string, unknown>>> = {
  INVALID_INPUT: { field: 'caption', reason: 'Must be at most 2200 characters' },
  IMAGE_TOO_LARGE: { field: 'image', reason: 'Image size 20MB exceeds limit of 10MB' },
  INVALID_FORMAT: { field: 'image', reason: 'The file is not an image' },
  NOT_FOUND: { field: 'post_id', reason: "Post 'post_abc123' does not exist" },
  CONFLICT: { field: 'If-Match', reason: 'The post is at version 3 now; read it again' },
  UNPROCESSABLE: {
    field: 'Idempotency-Key',
    reason: 'This key was used for another request; use a new one',
  },
  RATE_LIMITED: { limit: 60, remaining: 0, reset_at: '2024-01-15T11:00:00Z' },
};

function exampleOf(code: ErrorCode) {
  const { message } = errors[code];
  const details = exampleDetails[code];
  return { value: { error: { code, message, ...(details ? { details } : {}), request_id: 'req_abc123' } } };
}

/** What the replies of a deprecated route carry beside the others. */
export const deprecationHeaders = ['Deprecation', 'Sunset', 'Link'] as const;

/** Replies of the API carry the headers of a quota, those of a deprecated route tell of its end, plain ones do neither. */
type Kind = 'api' | 'deprecated' | 'plain';
const prefixes = { api: '', deprecated: 'Deprecated', plain: 'Plain' } as const satisfies Record<
  Kind,
  string
>;

const mayRetry = new Set<ErrorCode>(['CONFLICT', 'RATE_LIMITED', 'SERVICE_UNAVAILABLE']);

/** Error replies by status, each described once however many routes answer it. */
export function openErrorReplies(schemas: Schemas) {
  const components: Record<string, Reply> = {};
  const schema = schemas.of(errorSchema, 'output');

  function keep(group: readonly ErrorCode[], kind: Kind): Reference {
    const name = `${prefixes[kind]}${group.map(pascal).join('Or')}`;
    components[name] ??= {
      description: group.map((code) => `\`${code}\` ${errors[code].message}`).join('<br>'),
      headers: {
        ...(kind === 'plain'
          ? { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } }
          : headers(...(kind === 'deprecated' ? deprecationHeaders : []))),
        ...(group.some((code) => mayRetry.has(code))
          ? { 'Retry-After': { $ref: '#/components/headers/Retry-After' } }
          : {}),
      },
      content: {
        'application/json': {
          schema,
          examples: Object.fromEntries(group.map((code) => [code, exampleOf(code)])),
        },
      },
    };
    return { $ref: `#/components/responses/${name}` };
  }

  return {
    components,
    /** Replies by status for codes in any order, each once. */
    of(given: Iterable<ErrorCode>, kind: Kind = 'api'): Record<string, Reference> {
      const distinct = new Set(given);
      const byStatus = Map.groupBy(
        codes.filter((code) => distinct.has(code)),
        (code) => errors[code].status,
      );
      return Object.fromEntries([...byStatus].map(([status, group]) => [status, keep(group, kind)]));
    },
  };
}

export type ErrorReplies = ReturnType<typeof openErrorReplies>;

function pascal(code: string): string {
  return code
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
