/** What the server answers beside its routes: images, and what operators ask. None of it spends a quota. */
import type { Operation } from './operation.ts';
import type { ErrorReplies } from './replies.ts';
import type { JsonSchema } from './schemas.ts';

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

/** The paths as OpenAPI lists them. `cdnBaseUrl` is where image URLs begin. */
export function pathsBesideTheApi(errorReplies: ErrorReplies, cdnBaseUrl: string): Paths {
  const image = (summary: string, operationId: string, parameters: Operation['parameters']): Operation => ({
    operationId,
    tags: ['images'],
    summary,
    security: [],
    servers: [{ url: cdnBaseUrl }],
    parameters: [
      ...(parameters ?? []),
      {
        name: 'Range',
        in: 'header',
        required: false,
        description: 'One range of bytes, such as `bytes=0-1023`.',
        schema: { type: 'string' },
      },
      { $ref: '#/components/parameters/IfNoneMatch' },
    ],
    responses: {
      200: jpeg('The image'),
      206: jpeg('The part that was asked for'),
      304: { description: 'Nothing changed.', headers: requestId },
      416: { description: 'The image has no such part.', headers: requestId },
      ...errorReplies.of(['NOT_FOUND', 'SERVICE_UNAVAILABLE', 'INTERNAL_ERROR'], false),
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
      ]),
    },
    '/avatars/{user_id}/{size}.jpg': {
      get: image('The picture of a user', 'getAvatar', [
        pathParameter('user_id', 'Whose picture.', { type: 'string' }, 'user_01j8z3k4m5n6p7q8r9s0t1v2w3'),
        pathParameter('size', 'Pixels a side.', { type: 'string', enum: ['150', '320', '640'] }),
      ]),
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
            content: { 'text/plain': { schema: { type: 'string' } } },
          },
          ...errorReplies.of(['UNAUTHORIZED', 'NOT_FOUND', 'INTERNAL_ERROR'], false),
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
      additionalProperties: { type: 'string', enum: ['ok', 'down'] },
    },
  },
};

function json(description: string, schema: JsonSchema) {
  return { description, headers: requestId, content: { 'application/json': { schema } } };
}

function jpeg(description: string) {
  const header = (text: string) => ({ description: text, schema: { type: 'string' } });
  return {
    description,
    headers: {
      ...requestId,
      ETag: header('The version of the image, for If-None-Match.'),
      'Last-Modified': header('When the image was made.'),
      'Cache-Control': header('How long it may be kept.'),
      'Accept-Ranges': header('Always `bytes`.'),
    },
    content: { 'image/jpeg': { schema: { type: 'string', format: 'binary' } } },
  };
}
