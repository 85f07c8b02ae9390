import { expect } from 'chai';
import { z } from 'zod';
import { openApiDocument } from '../../../api/openapi.ts';
import { type Deprecation, route } from '../../../api/route.ts';
import { routes } from '../../../api/routes/index.ts';
import { fail } from '../../../shared/errors.ts';
import { type Client, type Reply, send } from '../../tools/client.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

const ending = { since: '2026-01-15', sunset: '2027-01-15', successor: '/v2/greetings/{name}' };

/** What v1 answers flat, v2 answers as an object: a change that needs a new version. */
const greeting = route({
  method: 'get',
  path: '/v1/greetings/{name}',
  area: 'meta',
  summary: 'Greet',
  auth: 'optional',
  params: z.object({ name: z.string() }),
  query: z.object({ mood: z.enum(['calm', 'angry']).default('calm') }),
  status: 200,
  reply: z.object({ greeting: z.string() }),
  headers: { ETag: 'Always the same.' },
  errors: ['NOT_FOUND'],
  deprecated: ending,
  async handle({ params, query, setHeader }) {
    if (params.name === 'nobody') fail('NOT_FOUND', { field: 'name', reason: 'There is nobody' });
    if (query.mood === 'angry') throw new Error('something breaks');
    setHeader('ETag', '"v1-x"');
    return { greeting: `hello ${params.name}` };
  },
});
const newGreeting = route({
  method: 'get',
  path: '/v2/greetings/{name}',
  area: 'meta',
  summary: 'Greet',
  auth: 'optional',
  params: z.object({ name: z.string() }),
  status: 200,
  reply: z.object({ greeting: z.object({ text: z.string() }) }),
  errors: [],
  async handle({ params }) {
    return { greeting: { text: `hello ${params.name}` } };
  },
});

const note = z.strictObject({ text: z.string() });
const keep = <Version extends 1 | 2>(version: Version) =>
  route({
    method: 'post',
    path: `/v${version}/notes`,
    area: 'meta',
    summary: 'Keep a note',
    auth: 'user',
    perMinute: 1_000,
    body: note,
    status: 201,
    reply: note.extend({ version: z.int() }),
    errors: [],
    ...(version === 1 ? { deprecated: { ...ending, successor: '/v2/notes' } } : {}),
    handle: ({ body, write }) => write(async () => ({ ...body, version: version as number })),
  });

const mounted = [greeting, newGreeting, keep(1), keep(2)];

describe('a deprecated route', () => {
  let w: World;
  let alice: Client;
  before(async () => {
    w = await world({ serves: [], routes: [...routes, ...mounted] });
    alice = await w.join('alice');
  });
  after(() => w[Symbol.asyncDispose]());

  const get = (path: string, headers: Record<string, string> = {}) =>
    send(w.base, 'GET', path, undefined, headers);
  const told = ({ headers }: Reply) => ['deprecation', 'sunset', 'link'].map((name) => headers.get(name));
  const toldOf = (successor: string) => [
    `@${Date.UTC(2026, 0, 15) / 1_000}`,
    'Fri, 15 Jan 2027 00:00:00 GMT',
    `<${successor}>; rel="successor-version"`,
  ];

  it('says so with its answer, and where its successor is, which stands beside it', async () => {
    const old = await get('/v1/greetings/alice');
    expect(old.body).to.eql({ greeting: 'hello alice' });
    expect(told(old)).to.eql(toldOf('/v2/greetings/alice'));
    const young = await get('/v2/greetings/alice');
    expect(young.body).to.eql({ greeting: { text: 'hello alice' } });
    expect(told(young)).to.eql([null, null, null]);
    expect(young.headers.get('x-ratelimit-limit')).to.equal('60');
  });

  it('names its successor by the parameters of the request, whatever they hold', async () => {
    expect(told(await get('/v1/greetings/a%3E%20b%2Fc'))).to.eql(toldOf('/v2/greetings/a%3E%20b%2Fc'));
  });

  it('says so whatever it answers', async () => {
    const answers: [status: number, reply: Promise<Reply>][] = [
      [200, get('/v1/greetings/bob?mood=calm')],
      [200, send(w.base, 'HEAD', '/v1/greetings/bob')],
      [304, get('/v1/greetings/bob', { 'If-None-Match': '"v1-x"' })],
      [400, get('/v1/greetings/bob?mood=none')],
      [401, get('/v1/greetings/bob', { Authorization: 'Bearer x' })],
      [500, get('/v1/greetings/bob?mood=angry')],
    ];
    for (const [status, pending] of answers) {
      const reply = await pending;
      expect(reply.status, reply.text).to.equal(status);
      expect(told(reply), String(status)).to.eql(toldOf('/v2/greetings/bob'));
    }
    const missing = await get('/v1/greetings/nobody');
    expectRefusal(missing, 'NOT_FOUND', { field: 'name', message: 'Not found' });
    expect(told(missing)).to.eql(toldOf('/v2/greetings/nobody'));
  });

  it('says so of a write, done, refused or repeated; the keys of its successor are others', async () => {
    const key = { 'Idempotency-Key': 'one-note' };
    const body = { text: 'remember' };
    const [first, again] = [
      await alice.post('/v1/notes', body, key),
      await alice.post('/v1/notes', body, key),
    ];
    expect([first.status, again.headers.get('idempotent-replayed')]).to.eql([201, 'true']);
    const refusals = [
      await alice.post('/v1/notes', { text: 'another' }, key),
      await alice.post('/v1/notes', { wrong: 1 }),
      await send(w.base, 'POST', '/v1/notes'),
    ];
    expect(refusals.map(({ status }) => status)).to.eql([422, 400, 401]);
    for (const reply of [first, again, ...refusals]) expect(told(reply)).to.eql(toldOf('/v2/notes'));
    const young = await alice.post('/v2/notes', body, key);
    expect(young.body).to.eql({ text: 'remember', version: 2 });
    expect(told(young)).to.eql([null, null, null]);
  });

  it('says so beyond its rate limit', async () => {
    const limits = { anonymous: 1, free: 60, pro: 1_000, enterprise: 10_000 };
    await using limited = await world({
      serves: [],
      routes: [...routes, ...mounted],
      env: {
        RATE_LIMITS: Object.entries(limits)
          .map((pair) => pair.join(':'))
          .join(),
      },
    });
    await send(limited.base, 'GET', '/v1/greetings/bob');
    const refused = await send(limited.base, 'GET', '/v1/greetings/bob');
    expect(refused.status).to.equal(429);
    expect(told(refused)).to.eql(toldOf('/v2/greetings/bob'));
  });

  it('is marked in the OpenAPI document, with its days and the headers of every reply', async () => {
    // biome-ignore lint/suspicious/noExplicitAny: the document is walked as a reader would.
    const { paths, components }: any = openApiDocument(mounted, w.config);
    const old = paths['/v1/greetings/{name}'].get;
    expect(old.deprecated).to.equal(true);
    for (const word of [ending.since, ending.sunset, ending.successor]) {
      expect(old.description).to.contain(word);
    }
    expect(Object.keys(old.responses)).to.eql([
      '200',
      '304',
      '400',
      '401',
      '404',
      '413',
      '429',
      '500',
      '503',
    ]);
    for (const [status, reply] of Object.entries<{ $ref?: string; headers?: object }>(old.responses)) {
      const { headers } = reply.$ref ? components.responses[reply.$ref.split('/').at(-1) as string] : reply;
      expect(headers, status).to.include.keys('Deprecation', 'Sunset', 'Link', 'X-Request-Id');
    }
    const young = paths['/v2/greetings/{name}'].get;
    expect(young).not.to.have.property('deprecated');
    for (const { $ref } of Object.values<{ $ref?: string }>(young.responses)) {
      if (!$ref) continue;
      const { headers } = components.responses[$ref.split('/').at(-1) as string];
      expect(headers, $ref).not.to.have.property('Sunset');
    }
    expect(young.operationId).not.to.equal(old.operationId);
  });

  it('cannot be declared without six months’ notice, or with days that are none', () => {
    const declare = (deprecated: Deprecation) => () => route({ ...greeting, deprecated });
    expect(declare({ ...ending, sunset: '2026-07-15' })).not.to.throw();
    for (const days of [
      { sunset: '2026-07-14' },
      { sunset: 'soon' },
      { since: '2026-13-45' },
      { since: '' },
    ]) {
      expect(declare({ ...ending, ...days }), JSON.stringify(days)).to.throw('/v1/greetings/{name}');
    }
  });
});
