import { expect } from 'chai';
import { z } from 'zod';
import { route } from '../../api/route.ts';
import { routes } from '../../api/routes/index.ts';
import { fail } from '../../shared/errors.ts';
import { openApp } from '../tools/app.ts';
import { photoForm, send } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { type World, world } from '../tools/world.ts';

/** Takes more than its document says, numbers and truths in any spelling; and less, some numbers. */
const lax = route({
  method: 'put',
  path: '/v1/lax/{n}',
  area: 'meta',
  summary: 'Take whatever can be made fit',
  auth: 'optional',
  params: z.object({ n: z.coerce.number() }),
  query: z.object({ is_far: z.coerce.boolean().optional() }),
  body: z.strictObject({ count: z.coerce.number() }),
  status: 200,
  reply: z.object({ n: z.number(), count: z.number() }),
  errors: [],
  async handle({ params, body, write }) {
    if (body.count === 13) fail('INVALID_INPUT', { field: 'count', reason: 'Brings bad luck' });
    if (body.count === 14)
      fail('INVALID_INPUT', { field: 'role', reason: 'You cannot change your own role' });
    return write(async () => ({ ...params, ...body }));
  },
});

const laxForm = route({
  method: 'post',
  path: '/v1/lax',
  area: 'meta',
  summary: 'Take a form that can be made fit',
  auth: 'none',
  multipart: { field: 'image', maxFiles: 2, maxFileBytes: 100_000 },
  body: z.strictObject({
    count: z.coerce.number().optional(),
    place: z
      .preprocess((text) => JSON.parse(String(text)) as unknown, z.strictObject({ name: z.coerce.string() }))
      .optional(),
  }),
  status: 204,
  errors: [],
  handle: ({ write }) => write(async () => undefined),
});

describe('the contract that tests hold requests to', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [], routes: [...routes, lax, laxForm] });
  });
  after(() => w[Symbol.asyncDispose]());

  const json = { 'Content-Type': 'application/json' };
  const put = (path: string, body: unknown, headers: Record<string, string> = json) =>
    send(w.base, 'PUT', path, JSON.stringify(body), headers);
  const refusal = async (asked: Promise<unknown>) =>
    asked.then(
      () => 'let pass',
      (error: Error) => error.message,
    );

  it('lets pass what the document describes, and what the server refused', async () => {
    expect((await put('/v1/lax/1.5?is_far=true', { count: 2 })).body).to.eql({ n: 1.5, count: 2 });
    expect((await put('/v1/lax/1', { count: 2 }, { ...json, 'Idempotency-Key': 'k' })).status).to.equal(200);
    expect((await put('/v1/lax/1', { count: 'many' })).status).to.equal(400);
    expect((await put('/v1/lax/1', { count: 2, more: true })).status).to.equal(400);
  });

  const taken: [what: string, path: string, body: unknown, headers: Record<string, string>, why: string][] = [
    ['a path', '/v1/lax/0x10', { count: 2 }, json, 'n in the path:  must be number'],
    ['a query', '/v1/lax/1?is_far=yes', { count: 2 }, json, 'is_far in the query:  must be boolean'],
    ['a body', '/v1/lax/1', { count: '2' }, json, '/count must be number'],
    ['a header', '/v1/lax/1', { count: 2 }, { ...json, 'If-Match': '"v1-a"' }, 'the header If-Match is not'],
  ];
  for (const [what, path, body, headers, why] of taken) {
    it(`refuses ${what} that the server took and the document does not describe`, async () => {
      expect(await refusal(put(path, body, headers)))
        .to.contain('it was taken, but')
        .and.to.contain(why);
    });
  }

  it('refuses a refusal of what the document allows, unless no schema can say why', async () => {
    const what = 'PUT /v1/lax/1 breaks the contract: it was refused for its form';
    expect(await refusal(put('/v1/lax/1', { count: 13 }))).to.contain(what);
    expect((await put('/v1/lax/1', { count: 14 })).status).to.equal(400);
  });

  it('reads forms as their schema means them', async () => {
    const image = await photo({ width: 10, height: 10 });
    const post = (fields: Record<string, unknown>) =>
      refusal(send(w.base, 'POST', '/v1/lax', photoForm([image, image], fields)));
    expect(await post({ count: 2, place: { name: 'Here' } })).to.equal('let pass');
    expect(await post({ count: '0x10' })).to.contain('/count must be number');
    expect(await post({ place: { name: 5 } })).to.contain('/place/name must be string');
    expect(await post({ other: 5 }), 'the server refused it').to.equal('let pass');
  });

  it('looks at what the typed client sends', async () => {
    const app = openApp({ baseUrl: w.base });
    // The route is the test's own: the types do not know it.
    const putAny = app.PUT as (path: string, init: object) => Promise<{ data?: unknown }>;
    const params = { path: { n: 1 } };
    const asked = await putAny('/v1/lax/{n}', { params, body: { count: 2 } });
    expect(asked.data).to.eql({ n: 1, count: 2 });
    expect(await refusal(putAny('/v1/lax/{n}', { params, body: { count: '2' } }))).to.contain(
      '/count must be number',
    );
  });
});
