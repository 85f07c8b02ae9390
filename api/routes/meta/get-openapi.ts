/** GET /v1/openapi.json: this API, described from its own routes. */
import { z } from 'zod';
import { openApiDocument } from '../../openapi.ts';
import { Prepared, route } from '../../route.ts';

const texts = new WeakMap<object, string>();

export const getOpenapi = route({
  method: 'get',
  path: '/v1/openapi.json',
  area: 'meta',
  summary: 'Read this document',
  auth: 'none',
  status: 200,
  reply: z.looseObject({ openapi: z.string() }).describe('OpenAPI 3.1.'),
  errors: [],
  async handle({ tools: { config } }) {
    let text = texts.get(config);
    if (text === undefined) {
      // The table of contents lists this route, so it is looked up when both are there.
      const { routes } = await import('../index.ts');
      text = JSON.stringify(openApiDocument(routes, config));
      texts.set(config, text);
    }
    return new Prepared(text);
  },
});
