/** The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html), made from the routes themselves. */
import { readFileSync } from 'node:fs';
import type { Config } from '../shared/config.ts';
import { pathsBesideTheApi } from './openapi/beside-the-api.ts';
import type { JsonSchema } from './openapi/json-schema.ts';
import { describeRoute, type Operation, type Parameter, sharedParameters } from './openapi/operation.ts';
import { openErrorReplies, type Reply, sharedHeaders } from './openapi/replies.ts';
import { openSchemas } from './openapi/schemas.ts';
import { areas, type Route } from './route.ts';

export type OpenApiDocument = {
  openapi: '3.1.1';
  info: Record<string, unknown>;
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, JsonSchema>;
    responses: Record<string, Reply>;
    parameters: Record<string, Parameter>;
    headers: typeof sharedHeaders;
    securitySchemes: Record<string, unknown>;
  };
};

const introduction = `
A photo-sharing backend. Register, take the \`access_token\` of the reply, and send it as
\`Authorization: Bearer …\` with everything else.

- Every error is an envelope: \`{"error":{"code","message","details","request_id"}}\`.
- Writes take an \`Idempotency-Key\`: the same key with the same request happens once.
- Lists answer \`next_cursor\` and \`has_more\`; pass the cursor back as \`?cursor=\`. It is null only at the end.
- Times are RFC 3339 in UTC. Fields may be added to replies at any time; unknown fields
  and query parameters of requests are refused.
- Live events come over a WebSocket: an upgrade of \`/v1\` with an \`Authorization\` header or a one-use \`?ticket=\`.
`.trim();

const { version, license } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string; license: string };

/**
 * Describes the routes.
 *
 * @throws if two different schemas have one id.
 */
export function openApiDocument(
  routes: readonly Route[],
  { PUBLIC_URL, CDN_BASE_URL }: Pick<Config, 'PUBLIC_URL' | 'CDN_BASE_URL'>,
): OpenApiDocument {
  const schemas = openSchemas();
  const errorReplies = openErrorReplies(schemas);
  const paths: OpenApiDocument['paths'] = {};
  for (const spec of routes) {
    paths[spec.path] = {
      ...paths[spec.path],
      [spec.method]: describeRoute(spec, schemas, errorReplies),
    };
  }
  Object.assign(paths, pathsBesideTheApi(errorReplies, CDN_BASE_URL));

  const tags = new Set(
    Object.values(paths).flatMap((path) => Object.values(path).flatMap(({ tags }) => tags)),
  );
  return {
    openapi: '3.1.1',
    info: {
      title: 'Emulsion',
      version,
      description: introduction,
      license: { name: license, identifier: license },
    },
    servers: [{ url: PUBLIC_URL }],
    tags: [...tags].map((name) => ({ name, description: areas[name] })),
    paths,
    components: {
      schemas: schemas.components,
      responses: errorReplies.components,
      parameters: sharedParameters,
      headers: sharedHeaders,
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The `access_token` that register, login and refresh answer; it lives 15 minutes.',
        },
        metricsToken: { type: 'http', scheme: 'bearer', description: 'METRICS_TOKEN of the configuration.' },
      },
    },
  };
}
