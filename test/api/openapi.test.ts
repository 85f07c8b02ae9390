import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import { z } from 'zod';
import { openApiDocument } from '../../api/openapi.ts';
import { route } from '../../api/route.ts';
import { routes } from '../../api/routes/index.ts';
import { errors } from '../../shared/errors.ts';
import { send } from '../tools/client.ts';
import { type World, world } from '../tools/world.ts';

const addresses = { PUBLIC_URL: 'https://api.example.org', CDN_BASE_URL: 'https://cdn.example.org' };

// biome-ignore lint/suspicious/noExplicitAny: the expectations say what each part of the document is.
type Part = any;

describe('the OpenAPI document', () => {
  const document: Part = openApiDocument(routes, addresses);
  const operation = (method: string, path: string): Part => document.paths[path][method];
  const resolve = (part: Part): Part =>
    part.$ref
      ? part.$ref
          .slice(2)
          .split('/')
          .reduce((at: Part, key: string) => at[key], document)
      : part;

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors: problems } = await validator.validate(structuredClone(document));
    expect(problems ?? []).to.eql([]);
    expect(valid).to.equal(true);
    expect(validator.version).to.equal('3.1');
  });

  it('has no reference that leads nowhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1]);
    expect(references).to.have.length.above(50);
    for (const $ref of references) expect(resolve({ $ref }), $ref).to.be.an('object');
  });

  it('describes every route, each under a name of its own', () => {
    for (const spec of routes) {
      expect(operation(spec.method, spec.path).summary).to.equal(spec.summary);
    }
    const names = Object.values(document.paths).flatMap((path: Part) =>
      Object.values(path).map(({ operationId }: Part) => operationId),
    );
    expect(new Set(names).size).to.equal(names.length);
    expect(operation('post', '/v1/posts/{post_id}/like').operationId).to.equal('postPostsByPostIdLike');
  });

  it('says which errors a route answers, in the envelope', () => {
    const { responses } = operation('put', '/v1/posts/{post_id}');
    expect(Object.keys(responses).join(' ')).to.equal('200 400 401 403 404 409 413 422 429 500 503');
    const conflict = resolve(responses[409]);
    expect(conflict.description).to.equal(`\`CONFLICT\` ${errors.CONFLICT.message}`);
    expect(conflict.content['application/json'].schema).to.eql({ $ref: '#/components/schemas/Error' });
    expect(document.components.schemas.Error.properties.error.required).to.eql([
      'code',
      'message',
      'request_id',
    ]);
    const upload = resolve(operation('post', '/v1/posts').responses[400]).content['application/json'];
    expect(Object.keys(upload.examples)).to.eql(['INVALID_INPUT', 'IMAGE_TOO_LARGE', 'INVALID_FORMAT']);
  });

  it('names the headers of every reply of the API, and none of a quota on images', () => {
    const quota = [
      'X-RateLimit-Limit',
      'X-RateLimit-Remaining',
      'X-RateLimit-Reset',
      'RateLimit-Policy',
      'RateLimit',
    ];
    for (const [path, methods] of Object.entries<Part>(document.paths)) {
      for (const { responses } of Object.values<Part>(methods)) {
        for (const [status, reply] of Object.entries<Part>(responses)) {
          const names = Object.keys(resolve(reply).headers);
          expect(names, `${path} ${status}`).to.include('X-Request-Id');
          if (path.startsWith('/v1/')) expect(names, `${path} ${status}`).to.include.members(quota);
          else expect(names, `${path} ${status}`).not.to.include.any.members(quota);
        }
      }
    }
    expect(resolve(operation('get', '/v1/feed').responses[429]).headers).to.have.property('Retry-After');
  });

  it('shows an upload as a form with files', () => {
    const form = operation('post', '/v1/posts').requestBody.content['multipart/form-data'];
    expect(form.schema.required).to.include('image');
    expect(form.schema.properties.image).to.deep.include({ type: 'array', minItems: 1, maxItems: 10 });
    expect(form.schema.properties.image.items).to.deep.include({ type: 'string', format: 'binary' });
    expect(form.schema.properties.filter.enum).to.include('clarendon');
    expect(form.schema.properties.tagged_users.type).to.equal('array');
    expect(form.encoding.location).to.eql({ contentType: 'application/json' });
    expect(form.schema.additionalProperties).to.equal(false);
  });

  it('shows what a write takes beside its body', () => {
    const parameters = (method: string, path: string) =>
      (operation(method, path).parameters ?? []).map((each: Part) => resolve(each).name);
    expect(parameters('post', '/v1/posts')).to.eql(['Idempotency-Key']);
    expect(parameters('put', '/v1/posts/{post_id}')).to.eql(['post_id', 'Idempotency-Key', 'If-Match']);
    expect(parameters('get', '/v1/posts/{post_id}')).to.eql(['post_id', 'If-None-Match']);
    expect(parameters('post', '/v1/auth/login')).to.eql([]);
    expect(parameters('get', '/v1/feed')).to.eql(['cursor', 'limit']);
    const limit = operation('get', '/v1/feed').parameters.find((each: Part) => each.name === 'limit');
    expect(limit).to.deep.include({ in: 'query', required: false });
    expect(limit.schema).to.deep.include({ type: 'integer', minimum: 1, maximum: 100, default: 20 });
  });

  it('says who may call', () => {
    expect(operation('get', '/v1/feed').security).to.eql([{ accessToken: [] }]);
    expect(operation('post', '/v1/auth/login').security).to.eql([]);
    expect(document.components.securitySchemes.accessToken).to.deep.include({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
    });
  });

  it('lets replies gain fields, and lists those a request may have', () => {
    expect(document.components.schemas.Post).not.to.have.property('additionalProperties');
    const { schema } = operation('post', '/v1/auth/login').requestBody.content['application/json'];
    expect(schema.additionalProperties).to.equal(false);
    expect(schema.required).to.eql(['login', 'password']);
  });

  it('shows deprecation, quotas of its own, and optional sign-in', () => {
    const old = route({
      method: 'get',
      path: '/v1/old/{thing}',
      area: 'posts',
      summary: 'Read it the old way',
      auth: 'optional',
      perMinute: 5,
      query: z.object({ how: z.enum(['fast', 'slow']).describe('How to read.') }),
      status: 200,
      reply: z.object({ ok: z.boolean() }),
      errors: ['GONE'],
      deprecated: { since: '2026-01-01', sunset: '2026-07-01', successor: '/v2/new' },
      handle: async () => ({ ok: true }),
    });
    const described: Part = openApiDocument([old], addresses).paths['/v1/old/{thing}']?.get;
    expect(described.deprecated).to.equal(true);
    expect(described.description).to.contain('At most 5 requests a minute').and.contain('/v2/new');
    expect(described.security).to.eql([{}, { accessToken: [] }]);
    expect(described.responses[200].headers).to.include.keys('Deprecation', 'Sunset', 'Link');
    expect(Object.keys(described.responses)).to.include('410');
    expect(described.parameters).to.eql([
      { name: 'thing', in: 'path', required: true, schema: { type: 'string' } },
      {
        name: 'how',
        in: 'query',
        required: true,
        description: 'How to read.',
        schema: { type: 'string', enum: ['fast', 'slow'] },
      },
    ]);
  });

  it('refuses two schemas that have one id', () => {
    const replying = (path: '/v1/one' | '/v1/two', reply: z.ZodType) =>
      route({
        method: 'get',
        path,
        area: 'posts',
        summary: path,
        auth: 'none',
        status: 200,
        reply,
        errors: [],
        handle: async () => ({}),
      });
    const one = z.object({ a: z.string() }).meta({ id: 'UsedTwice' });
    const other = z.object({ b: z.string() }).meta({ id: 'UsedTwice' });
    const describe = (second: z.ZodType) =>
      openApiDocument([replying('/v1/one', one), replying('/v1/two', second)], addresses);
    expect(Object.keys(describe(z.array(one)).components.schemas)).to.include('UsedTwice');
    expect(() => describe(z.array(other))).to.throw('UsedTwice');
  });
});

describe('GET /v1/openapi.json', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  it('answers the document to anybody, and counts as a request like any other', async () => {
    const reply = await send(w.base, 'GET', '/v1/openapi.json');
    expect(reply.status).to.equal(200);
    expect(reply.headers.get('x-ratelimit-limit')).to.equal('60');
    expect(reply.body.openapi).to.match(/^3\.1\./);
    expect(reply.body.servers).to.eql([{ url: w.config.PUBLIC_URL }]);
    expect(reply.body).to.eql(structuredClone(openApiDocument(routes, w.config)));
    expect(Object.keys(reply.body.paths)).to.include.members([
      '/v1/posts',
      '/v1/feed',
      '/v1/openapi.json',
      '/v1/capabilities',
      '/p/{key}/{size}.jpg',
      '/readyz',
    ]);
  });
});

describe('GET /v1/capabilities', () => {
  it('tells what is decoded here, the limits, the filters and the tiers', async () => {
    await using w = await world({
      serves: [],
      env: { RATE_LIMITS: 'anonymous:50,free:60,pro:1000,enterprise:10000' },
    });
    const { status, body } = await send(w.base, 'GET', '/v1/capabilities');
    expect(status).to.equal(200);
    expect(body.image_formats).to.include.members(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff']);
    expect(body.image_media_types).to.include('image/jpeg');
    expect(body.limits).to.deep.include({
      max_image_bytes: 10_485_760,
      max_image_pixels: 100_000_000,
      min_aspect_ratio: 0.1,
      max_aspect_ratio: 10,
      max_caption_length: 2_200,
    });
    expect(body.filters).to.include.members(['none', 'clarendon']);
    expect(body.tiers).to.eql({ anonymous: 50, free: 60, pro: 1_000, enterprise: 10_000 });
  });

  it('tells that nothing is limited', async () => {
    await using w = await world({ serves: [] });
    const { body } = await send(w.base, 'GET', '/v1/capabilities');
    expect(body.tiers).to.eql({ anonymous: null, free: null, pro: null, enterprise: null });
  });
});
