import { once } from 'node:events';
import http from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { z } from 'zod';
import { route } from '../../api/route.ts';
import { routes } from '../../api/routes/index.ts';
import { type Client, type Reply, send } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

/** What goes wrong inside must not be read outside. */
const secret = 'the secret is in /etc/hidden';

const breaking = route({
  method: 'post',
  path: '/v1/breaking',
  area: 'meta',
  summary: 'Throw',
  auth: 'none',
  body: z.object({ how: z.enum(['throw', 'reject', 'wrong reply', 'after commit']) }),
  status: 200,
  reply: z.object({ fine: z.literal(true) }),
  errors: [],
  async handle({ body, write }) {
    if (body.how === 'throw') throw new TypeError(secret);
    if (body.how === 'reject') await Promise.reject({ secret });
    if (body.how === 'after commit') {
      return write(
        async () => ({ fine: true as const }),
        () => Promise.reject(new Error(secret)),
      );
    }
    return write(async () => ({ fine: secret }) as unknown as { fine: true });
  },
});

describe('what all endpoints have in common', () => {
  let w: World;
  let alice: Client;
  let postPath: string;
  before(async () => {
    w = await world({ serves: [], routes: [...routes, breaking] });
    alice = await w.join('alice');
    const image = await photo({ width: 40, height: 40 });
    postPath = `/v1/posts/${(await alice.upload(image)).body.post_id}`;
  });
  after(() => w[Symbol.asyncDispose]());

  const call = (method: string, path: string, headers: Record<string, string> = {}) =>
    send(w.base, method, path, undefined, headers);

  /** Sends a request line as it is; `fetch` would tidy it up. */
  const sendPath = (path: string, method = 'GET') =>
    new Promise<Reply>((resolve, reject) => {
      const request = http.request(
        { port: w.api.port, host: '127.0.0.1', path, method },
        async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk as Buffer);
          const text = Buffer.concat(chunks).toString();
          const headers = new Headers(
            Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
          );
          resolve({
            status: response.statusCode ?? 0,
            headers,
            text,
            body: text ? JSON.parse(text) : undefined,
          });
        },
      );
      request.on('error', reject);
      request.end();
    });

  function expectQuota(reply: Reply, tier: string, limit: number): void {
    const { headers } = reply;
    expect(headers.get('x-ratelimit-limit')).to.equal(String(limit));
    expect(Number(headers.get('x-ratelimit-remaining'))).to.be.within(0, limit);
    const nowS = Math.floor(Date.now() / 1_000);
    expect(Number(headers.get('x-ratelimit-reset'))).to.be.within(nowS, nowS + 61);
    expect(headers.get('ratelimit-policy')).to.equal(`"${tier}";q=${limit};w=60`);
    expect(headers.get('ratelimit')).to.match(new RegExp(`^"${tier}";r=\\d+;t=\\d+$`));
    expect(headers.get('x-request-id')).to.match(/^req_[0-9a-z]{26}$/);
  }

  it('send rate limits and a request id with every answer, whatever its status', async () => {
    const json = { 'Content-Type': 'application/json' };
    const etag = (await alice.get(postPath)).headers.get('etag') as string;
    const image = await photo({ width: 40, height: 40 });
    const answers: [status: number, tier: 'free' | 'anonymous', reply: Promise<Reply>][] = [
      [200, 'free', alice.get('/v1/feed')],
      [200, 'anonymous', call('GET', '/v1/capabilities')],
      [201, 'free', alice.upload(image)],
      [204, 'free', alice.delete(`/v1/posts/${(await alice.upload(image)).body.post_id}`)],
      [304, 'free', alice.get(postPath, { 'If-None-Match': etag })],
      [400, 'free', alice.get('/v1/feed?limit=0')],
      [400, 'anonymous', send(w.base, 'POST', '/v1/auth/login', '{', json)],
      [400, 'anonymous', sendPath('/v1/posts/%E0%A4%A')],
      [400, 'anonymous', sendPath('/v1/no-such-thing/%zz')],
      [401, 'anonymous', call('GET', '/v1/feed')],
      [401, 'anonymous', call('GET', '/v1/feed', { Authorization: 'Bearer x' })],
      [404, 'free', alice.get('/v1/users/@nobody')],
      [404, 'free', alice.get('/v1/no-such-thing')],
      [404, 'anonymous', call('GET', '/v1/no-such-thing')],
      [404, 'anonymous', call('GET', '/v9/feed')],
      [405, 'anonymous', call('PATCH', '/v1/feed')],
      [405, 'free', alice.put('/v1/feed')],
      [413, 'anonymous', send(w.base, 'POST', '/v1/auth/login', `"${'x'.repeat(70_000)}"`, json)],
      [500, 'anonymous', send(w.base, 'POST', '/v1/breaking', '{"how":"throw"}', json)],
    ];
    for (const [status, tier, pending] of answers) {
      const reply = await pending;
      expect(reply.status, reply.text).to.equal(status);
      expectQuota(reply, tier, 60);
    }
  });

  it('give every request an id of its own, and take none from outside', async () => {
    const given = { 'X-Request-Id': 'req_of_my_own' };
    const ids = await Promise.all([1, 2, 3].map(() => call('GET', '/v1/capabilities', given)));
    const told = ids.map((reply) => reply.headers.get('x-request-id'));
    expect(new Set(told).size).to.equal(3);
    expect(told).not.to.include('req_of_my_own');
  });

  it('answer a path there is none of with 404, in the envelope', async () => {
    for (const path of ['/v1/no-such-thing', '/', '/v1', '/v1/', '/v2/feed', '/V1/FEED', '//v1/feed']) {
      const reply = await sendPath(path);
      expect(reply.status, `${path}: ${reply.text}`).to.equal(404);
      expectRefusal(reply, 'NOT_FOUND', { field: 'path' });
    }
    expectRefusal(await call('POST', '/v1/no-such-thing'), 'NOT_FOUND', {
      field: 'path',
      reason: 'There is no /v1/no-such-thing',
    });
  });

  it('answer a method a path does not have with 405 and those it has', async () => {
    const allowed: [method: string, path: string, allow: string][] = [
      ['DELETE', '/v1/feed', 'GET, HEAD'],
      ['GET', '/v1/auth/login', 'POST'],
      ['HEAD', '/v1/auth/login', 'POST'],
      ['POST', '/v1/posts/x', 'GET, HEAD, PUT, DELETE'],
      ['PUT', '/v1/posts/x/like', 'POST, DELETE'],
      ['TRACE', '/v1/feed', 'GET, HEAD'],
      ['PROPFIND', '/v1/feed', 'GET, HEAD'],
      // A word in the place of an id is no id.
      ['DELETE', '/v1/posts/nearby', 'GET, HEAD'],
      ['DELETE', '/v1/auth/passkeys/options', 'POST'],
      ['POST', '/v1/users/me', 'GET, HEAD, PATCH, DELETE'],
      ['TRACE', '/healthz', 'GET, HEAD'],
      ['POST', '/p/x/thumb.jpg', 'GET, HEAD'],
    ];
    for (const [method, path, allow] of allowed) {
      const reply = await sendPath(path, method);
      expect(reply.status, `${method} ${path}`).to.equal(405);
      expect(reply.headers.get('allow'), `${method} ${path}`).to.equal(allow);
      if (method !== 'HEAD') expectRefusal(reply, 'METHOD_NOT_ALLOWED', { field: 'method' });
    }
  });

  it('answer OPTIONS with the methods a path has', async () => {
    const reply = await call('OPTIONS', postPath);
    expect(reply.status).to.equal(204);
    expect(reply.headers.get('allow')).to.equal('GET, HEAD, PUT, DELETE, OPTIONS');
    expect(reply.text).to.equal('');
    expectQuota(reply, 'anonymous', 60);
    expect((await call('OPTIONS', '/v1/no-such-thing')).status).to.equal(404);
  });

  it('answer HEAD as GET, without the body', async () => {
    for (const path of ['/v1/capabilities', '/v1/no-such-thing', '/v1/feed']) {
      const [head, get] = [await call('HEAD', path), await call('GET', path)];
      expect(head.status, path).to.equal(get.status);
      expect(head.text).to.equal('');
      expect(head.headers.get('content-type')).to.equal(get.headers.get('content-type'));
      expectQuota(head, 'anonymous', 60);
    }
  });

  it('refuse a path whose percent-encoding is broken', async () => {
    for (const path of ['/v1/posts/%', '/v1/posts/%zz', '/v1/posts/%E0%A4%A', '/v1/users/%ff/follow']) {
      expectRefusal(await sendPath(path, path.endsWith('follow') ? 'POST' : 'GET'), 'INVALID_INPUT', {
        field: 'path',
      });
    }
  });

  it('refuse a parameter of the query they do not know, by its name', async () => {
    const unknown = { field: 'limt', reason: 'Unknown parameter' };
    for (const path of ['/v1/feed', '/v1/users/me', postPath]) {
      expectRefusal(await alice.get(`${path}?limt=5`), 'INVALID_INPUT', unknown);
    }
    const { body } = await alice.get('/v1/feed?limt=5&curser=x');
    expect(body.error.details.problems.map((each: { field: string }) => each.field)).to.eql([
      'limt',
      'curser',
    ]);
  });

  it('take no fields where they describe none, but do not mind an empty object', async () => {
    const refused = await alice.post(`${postPath}/like`, { is_liked: true });
    expectRefusal(refused, 'INVALID_INPUT', { field: 'is_liked', reason: 'Unknown field' });
    expect((await alice.get(postPath)).body.like_count).to.equal(0);
    const form = await alice.form('POST', `${postPath}/like`, new FormData());
    expectRefusal(form, 'INVALID_INPUT', { field: 'content-type' });
    const taken = await alice.post(`${postPath}/like`, {});
    expect(taken.body).to.include({ is_liked: true, like_count: 1 });
  });

  it('answer very long paths and queries without repeating them', async () => {
    const long = 'x'.repeat(12_000);
    for (const path of [`/v1/${long}`, `/v1/posts/${long}`, `/v1/users/@${long}`]) {
      const reply = await alice.get(path);
      expect(reply.status).to.equal(404);
      expect(reply.text.length, 'a short answer').to.be.below(1_000);
    }
    const query = await alice.get(`/v1/feed?cursor=${long}`);
    expectRefusal(query, 'INVALID_INPUT', { field: 'cursor' });
    expect(query.text.length).to.be.below(1_000);
    expect((await alice.get(`/v1/feed?${long}=1`)).text.length).to.be.below(1_000);
  });

  it('answer what is no HTTP, or a head past all bounds, in the envelope and hang up', async () => {
    const talk = async (text: string) => {
      const socket = connect(w.api.port, '127.0.0.1');
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', () => {});
      socket.write(text);
      await once(socket, 'close');
      const [head, body] = Buffer.concat(chunks).toString().split('\r\n\r\n') as [string, string];
      return { head, error: JSON.parse(body).error };
    };
    const garbage = await talk('NOT HTTP AT ALL\r\n\r\n');
    expect(garbage.head).to.match(/^HTTP\/1\.1 400 /);
    expect(garbage.error).to.deep.include({ code: 'INVALID_INPUT', message: 'Request validation failed' });
    const endless = await talk(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(endless.head).to.match(/^HTTP\/1\.1 413 /);
    expect(endless.error.code).to.equal('PAYLOAD_TOO_LARGE');
    for (const { head, error } of [garbage, endless]) {
      expect(head).to.match(/\r\nX-RateLimit-Limit: 60\r\n/);
      expect(head).to.match(/\r\nConnection: close/);
      expect(head).to.include(`X-Request-Id: ${error.request_id}`);
    }
  });

  it('answer 500 when something breaks inside, and say nothing of what', async () => {
    for (const how of ['throw', 'reject', 'wrong reply']) {
      const body = JSON.stringify({ how });
      const reply = await send(w.base, 'POST', '/v1/breaking', body, { 'Content-Type': 'application/json' });
      expectRefusal(reply, 'INTERNAL_ERROR');
      expect(reply.body.error).to.have.all.keys('code', 'message', 'request_id');
      expect(reply.text).not.to.include('secret').and.not.to.include('hidden');
    }
  });

  it('answer a write that was committed, whatever fails after it', async () => {
    const reply = await alice.post('/v1/breaking', { how: 'after commit' });
    expect(reply.status, reply.text).to.equal(200);
  });

  it('send JSON that nobody keeps, sniffs or frames', async () => {
    for (const reply of [await alice.get('/v1/feed'), await call('GET', '/v1/no-such-thing')]) {
      expect(reply.headers.get('content-type')).to.equal('application/json; charset=utf-8');
      expect(reply.headers.get('cache-control')).to.equal('private, no-store');
      expect(reply.headers.get('x-content-type-options')).to.equal('nosniff');
      expect(reply.headers.get('x-powered-by')).to.equal(null);
    }
  });
});
