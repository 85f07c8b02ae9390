/** What the server answers beside its routes: images, and what operators ask. None of it spends a quota. */
import type { ErrorCode } from '../../shared/errors.ts';
import { exampleOf } from './examples.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Operation } from './operation.ts';
import type { ErrorReplies } from './replies.ts';

type Paths = Record<string, Record<string, Operation>>;

const requestId = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };

function pathParameter(name: string, description: string, schema: JsonSchema, example?: unknown) {
  return {
    name,
    in: 'path' as const,
    required: true,
    description,
    schema,
    ...(example === undefined ? {} : { example }),
  };
}

/** The query of a URL that is not for everybody, such as that of a private account's image. */
const signature = [
  { name: 'e', description: 'Until when the signature holds, in Unix seconds.', schema: { type: 'string' } },
  { name: 's', description: 'The signature.', schema: { type: 'string' } },
].map((parameter) => ({ ...parameter, in: 'query' as const, required: false }));

const range = {
  name: 'Range',
  in: 'header' as const,
  required: false,
  description: 'One range of bytes, such as `bytes=0-1023`.',
  schema: { type: 'string' },
};

/** The paths as OpenAPI lists them. `cdnBaseUrl` is where image URLs begin. */
export function pathsBesideTheApi(errorReplies: ErrorReplies, cdnBaseUrl: string): Paths {
  const image = (
    summary: string,
    operationId: string,
    parameters: Operation['parameters'],
    errors: ErrorCode[] = [],
  ): Operation => ({
    operationId,
    tags: ['images'],
    summary,
    security: [],
    servers: [{ url: cdnBaseUrl }],
    parameters: [...(parameters ?? []), range, { $ref: '#/components/parameters/IfNoneMatch' }],
    responses: {
      200: jpeg('The image'),
      206: jpeg('The part that was asked for'),
      304: { description: 'Nothing changed.', headers: requestId },
      416: { description: 'The image has no such part.', headers: requestId },
      ...errorReplies.of(['NOT_FOUND', ...errors, 'SERVICE_UNAVAILABLE', 'INTERNAL_ERROR'], 'plain'),
    },
  });

  return {
    '/p/{key}/{size}.jpg': {
      get: image('An image of a post', 'getPostImage', [
        pathParameter(
          'key',
          'The id of the post without its prefix; for image n ≥ 2 of a post, followed by `_n`.',
          { type: 'string' },
          '01j8z3k4m5n6p7q8r9s0t1v2w3',
        ),
        pathParameter('size', '150×150, at most 640, or at most 1080 pixels wide.', {
          type: 'string',
          enum: ['thumb', 'medium', 'large'],
        }),
        ...signature,
      ]),
    },
    '/stories/{key}/{size}.jpg': {
      get: image(
        'A picture of a story, as long as it may be seen',
        'getStoryImage',
        [
          pathParameter(
            'key',
            'The id of the story without its prefix.',
            { type: 'string' },
            '01j8z3k4m5n6p7q8r9s0t1v2w3',
          ),
          pathParameter('size', '150×150, or at most 1080 pixels wide.', {
            type: 'string',
            enum: ['thumb', 'full'],
          }),
          ...signature,
        ],
        ['GONE'],
      ),
    },
    '/avatars/{user_id}/{size}.jpg': {
      get: image('The picture of a user', 'getAvatar', [
        pathParameter('user_id', 'Whose picture.', { type: 'string' }, 'user_01j8z3k4m5n6p7q8r9s0t1v2w3'),
        pathParameter('size', 'Pixels a side.', { type: 'string', enum: ['150', '320', '640'] }),
        {
          name: 'v',
          in: 'query',
          required: false,
          description: 'Which picture; whichever is asked for, the one that is shown now is sent.',
          schema: { type: 'string' },
        },
      ]),
    },
    '/exports/{key}.zip': {
      get: {
        operationId: 'getExportArchive',
        tags: ['users'],
        summary: 'An archive somebody asked for',
        security: [],
        parameters: [
          pathParameter(
            'key',
            'The id of the export without its prefix.',
            { type: 'string' },
            '01j8z3k4m5n6p7q8r9s0t1v2w3',
          ),
          ...signature,
          range,
          { $ref: '#/components/parameters/IfNoneMatch' },
        ],
        responses: {
          200: file('application/zip', 'The archive'),
          206: file('application/zip', 'The part that was asked for'),
          304: { description: 'Nothing changed.', headers: requestId },
          416: { description: 'The archive has no such part.', headers: requestId },
          ...errorReplies.of(['NOT_FOUND', 'SERVICE_UNAVAILABLE', 'INTERNAL_ERROR'], 'plain'),
        },
      },
    },
    '/healthz': {
      get: {
        operationId: 'getHealth',
        tags: ['meta'],
        summary: 'Is the process alive',
        security: [],
        responses: {
          200: json('It is', { type: 'object', properties: { status: { type: 'string', enum: ['ok'] } } }),
        },
      },
    },
    '/readyz': {
      get: {
        operationId: 'getReadiness',
        tags: ['meta'],
        summary: 'Can it serve, and which parts are down',
        security: [],
        responses: {
          200: json(
            'It takes requests; what is down, if anything, only costs part of the service.',
            readiness,
          ),
          503: json('It cannot take writes.', readiness),
        },
      },
    },
    '/metrics': {
      get: {
        operationId: 'getMetrics',
        tags: ['meta'],
        summary: 'Numbers for Prometheus',
        security: [{ metricsToken: [] }],
        responses: {
          200: {
            description: "Prometheus's text format.",
            headers: requestId,
            content: {
              'text/plain': {
                schema: { type: 'string' },
                example: '# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 12.5\n',
              },
            },
          },
          ...errorReplies.of(['UNAUTHORIZED', 'NOT_FOUND', 'INTERNAL_ERROR'], 'plain'),
        },
      },
    },
  };
}

const readiness = {
  type: 'object',
  required: ['status', 'parts'],
  properties: {
    status: { type: 'string', enum: ['ready', 'degraded', 'unavailable'] },
    parts: {
      type: 'object',
      description: 'Each engine by name.',
      examples: [{ postgres: 'ok', queue: 'ok', cache: 'ok', search: 'ok', stories: 'ok', images: 'ok' }],
      additionalProperties: { type: 'string', enum: ['ok', 'down'] },
    },
  },
};

function json(description: string, schema: JsonSchema) {
  const example = exampleOf(schema, {});
  return { description, headers: requestId, content: { 'application/json': { schema, example } } };
}

const jpeg = (description: string) => file('image/jpeg', description);

function file(contentType: string, description: string) {
  const header = (text: string) => ({ description: text, schema: { type: 'string' } });
  return {
    description,
    headers: {
      ...requestId,
      ETag: header('The version of the file, for If-None-Match.'),
      'Last-Modified': header('When it was made.'),
      'Cache-Control': header('How long it may be kept.'),
      'Accept-Ranges': header('Always `bytes`.'),
    },
    content: { [contentType]: { schema: { type: 'string', format: 'binary' } } },
  };
}
