import http from 'node:http';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { openTokens } from '../../api/door/tokens.ts';
import { openViewers } from '../../api/door/viewers.ts';
import { attachLive, isWebSocketUpgrade, liveSockets } from '../../api/live.ts';
import { keys } from '../../shared/keys.ts';
import { openLive } from '../../shared/live/index.ts';
import { openLog } from '../../shared/log.ts';
import { openRedis, whenReady } from '../../shared/redis/index.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Client } from '../tools/client.ts';
import { layLine } from '../tools/line.ts';
import { type Ear, listen, type Message } from '../tools/listen.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { refusedUpgrade } from '../tools/upgrade.ts';
import { testRedis, until, type World, world } from '../tools/world.ts';

type LiveServer = { base: string; close(): Promise<void> };

/** A live door of its own, for limits nobody could wait for. */
async function liveServer(tools: Tools, limits: Parameters<typeof attachLive>[2] = {}): Promise<LiveServer> {
  const server = http.createServer({ shouldUpgradeCallback: isWebSocketUpgrade });
  const viewers = await openViewers(tools);
  const live = attachLive(server, { tools, tokens: openTokens(tools.config.AUTH_SECRET), viewers }, limits);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    base: `http://127.0.0.1:${port}`,
    async close() {
      await live.close();
      viewers.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A socket whose client is in the test's hands. */
async function connect(base: string, client: Client) {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/v1`, { headers: bearer(client) });
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Message));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { socket, messages, closed };
}

const bearer = (client: Client) => ({ Authorization: `Bearer ${client.accessToken}` });

describe('the live channel', () => {
  let w: World;
  let alice: Client;
  const tell = (n: number, client = alice) => w.tools.live.tell([client.userId], 'notification', { n });
  const numbers = (ear: Ear) => ear.messages.map(({ data }) => data?.n);
  const heard = (ear: Ear, count: number) =>
    until(`${count} messages are heard`, () => ear.messages.length >= count);

  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
  });
  after(() => w[Symbol.asyncDispose]());

  describe('opens', () => {
    it('for an access token, and carries {id, type, created_at, data} and nothing unasked', async () => {
      await using ear = await listen(w.base, alice);
      await tell(1);
      await heard(ear, 1);
      const [message] = ear.messages;
      expect(Object.keys(message ?? {})).to.eql(['id', 'type', 'created_at', 'data']);
      expect(message).to.deep.include({ type: 'notification', data: { n: 1 } });
      expect(message?.created_at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    });

    it('with the headers of any reply', async () => {
      const socket = new WebSocket(`${w.base.replace('http', 'ws')}/v1`, { headers: bearer(alice) });
      const headers = await new Promise<http.IncomingHttpHeaders>((resolve) =>
        socket.once('upgrade', (response) => resolve(response.headers)),
      );
      expect(headers['x-request-id']).to.match(/^req_[0-9a-z]{26}$/);
      for (const name of [
        'x-ratelimit-limit',
        'x-ratelimit-remaining',
        'x-ratelimit-reset',
        'ratelimit-policy',
      ]) {
        expect(headers).to.have.property(name);
      }
      socket.terminate();
    });

    it('for a ticket, once, within its 30 seconds', async () => {
      const made = await alice.post('/v1/live/ticket');
      expect(made.status).to.equal(201);
      expect(made.body.expires_in).to.equal(30);
      expect(await w.tools.cache.ttl(keys.ticket(made.body.ticket))).to.be.within(28, 30);

      const socket = new WebSocket(`${w.base.replace('http', 'ws')}/v1?ticket=${made.body.ticket}`);
      const first = new Promise((resolve) =>
        socket.once('message', (data) => resolve(JSON.parse(String(data)))),
      );
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      await tell(1);
      expect(await first).to.deep.include({ type: 'notification', data: { n: 1 } });
      socket.terminate();

      const again = await refusedUpgrade(w.base, `/v1?ticket=${made.body.ticket}`);
      expectRefusal(again, 'UNAUTHORIZED', { field: 'ticket' });
    });

    it('not for a ticket whose session has ended', async () => {
      const erin = await w.join('erin');
      const { ticket } = (await erin.post('/v1/live/ticket')).body;
      await erin.post('/v1/auth/logout');
      expectRefusal(await refusedUpgrade(w.base, `/v1?ticket=${ticket}`), 'UNAUTHORIZED', {
        field: 'Authorization',
      });
    });
  });

  describe('is refused before the upgrade', () => {
    it('without a token', async () => {
      const reply = await refusedUpgrade(w.base, '/v1');
      expectRefusal(reply, 'UNAUTHORIZED');
      expect(reply.headers.get('www-authenticate')).to.equal('Bearer');
      expect(reply.headers.get('x-ratelimit-limit')).to.equal('60');
    });

    it('for a token or a ticket that is not good', async () => {
      const forged = await refusedUpgrade(w.base, '/v1', { Authorization: 'Bearer nonsense' });
      expectRefusal(forged, 'UNAUTHORIZED', { field: 'Authorization' });
      for (const ticket of ['', 'nonsense', 'A'.repeat(32)]) {
        expectRefusal(await refusedUpgrade(w.base, `/v1?ticket=${ticket}`), 'UNAUTHORIZED', {
          field: 'ticket',
        });
      }
    });

    it('on any path but /v1', async () => {
      // The last one is nothing a URL can be made of.
      for (const path of ['/', '/v1/feed', '/v2', '/v1/', '//[']) {
        expectRefusal(await refusedUpgrade(w.base, path, bearer(alice)), 'NOT_FOUND', { field: 'path' });
      }
    });

    it('for a resume_from that is no id', async () => {
      for (const id of ['', 'nonsense', '5', '1-2-3', '-1-0', '99999999999999999999-0']) {
        const reply = await refusedUpgrade(w.base, `/v1?resume_from=${id}`, bearer(alice));
        expectRefusal(reply, 'INVALID_INPUT', { field: 'resume_from' });
      }
    });

    it('for a broken handshake', async () => {
      const reply = await refusedUpgrade(w.base, '/v1', { ...bearer(alice), 'Sec-WebSocket-Key': 'short' });
      expectRefusal(reply, 'INVALID_INPUT', { field: 'upgrade', reason: /Sec-WebSocket-Key/ });
    });

    it('beyond the rate limit, which counts it like any request', async () => {
      const RATE_LIMITS = { anonymous: 1, free: 2, pro: 2, enterprise: 2 };
      const tools = { ...w.tools, config: { ...w.tools.config, RATE_LIMITS, TRUST_PROXY: 1 } };
      const server = await liveServer(tools);
      await w.tools.cache.unlink(keys.rateLimit(`free:${alice.userId}`));
      for (const _ of [1, 2]) await (await listen(server.base, alice))[Symbol.asyncDispose]();
      const reply = await refusedUpgrade(server.base, '/v1', bearer(alice));
      expectRefusal(reply, 'RATE_LIMITED');
      expect(Number(reply.headers.get('retry-after'))).to.be.within(1, 60);
      expect(reply.body.error.details).to.include({ limit: 2, remaining: 0 });

      // Without a token the address counts, as the trusted proxy tells it; a client's own claim does not.
      const statuses = [];
      for (const forwarded of ['10.0.0.1', '10.0.0.2', '10.9.9.9, 10.0.0.1', '10.0.0.3']) {
        statuses.push((await refusedUpgrade(server.base, '/v1', { 'X-Forwarded-For': forwarded })).status);
      }
      expect(statuses).to.eql([401, 401, 429, 401]);
      await server.close();
    });

    it('but another protocol is served as the request it is', async () => {
      const reply = await refusedUpgrade(w.base, '/v1/feed', { ...bearer(alice), Upgrade: 'h2c' });
      expect(reply.status).to.equal(200);
      expect(reply.body).to.have.property('posts');
    });
  });

  describe('resumes', () => {
    it('with what was missed, then live, without a hole or a double', async () => {
      const bob = await w.join('bob');
      const first = await listen(w.base, bob);
      await tell(1, bob);
      await heard(first, 1);
      await first[Symbol.asyncDispose]();
      for (let n = 2; n <= 20; n += 1) await tell(n, bob);
      const telling = (async () => {
        for (let n = 21; n <= 200; n += 1) await tell(n, bob);
      })();
      await using again = await listen(w.base, bob, `?resume_from=${first.messages[0]?.id}`);
      await telling;
      await heard(again, 199);
      expect(numbers(again)).to.eql(Array.from({ length: 199 }, (_, index) => index + 2));
    });

    it('with {"type":"gap"} when what was missed is not known', async () => {
      await using ear = await listen(w.base, alice, '?resume_from=1000000000000-000000');
      await heard(ear, 1);
      await tell(7);
      await heard(ear, 2);
      expect(ear.messages[0]).to.eql({ type: 'gap' });
      expect(ear.messages[1]?.data).to.eql({ n: 7 });
    });
  });

  describe('ends', () => {
    it('with the session, within about a second, and for no other session', async () => {
      const login = { login: 'alice', password: 'alice has a password' };
      const other = (await alice.post('/v1/auth/login', login)).body;
      await using stays = await listen(w.base, alice);
      const ends = await listen(w.base, { accessToken: other.access_token });
      const loggedOut = await alice.post('/v1/auth/logout', undefined, {
        Authorization: `Bearer ${other.access_token}`,
      });
      expect(loggedOut.status).to.equal(204);
      const endedAt = Date.now();
      expect(await ends.closed).to.equal(4401);
      expect(Date.now() - endedAt).to.be.below(4_000);
      await tell(1);
      await heard(stays, 1);
    });

    it('with a session whose end nobody announced, at the next ping', async () => {
      const server = await liveServer(w.tools, { pingEveryMs: 50 });
      const frank = await w.join('frank');
      const ear = await listen(server.base, frank);
      await w.tools.db
        .updateTable('sessions')
        .set({ ended_at: new Date() })
        .where('user_id', '=', (eb) =>
          eb.selectFrom('users').select('id').where('user_id', '=', frank.userId),
        )
        .execute();
      expect(await ear.closed).to.equal(4401);
      await server.close();
    });

    it('when a client no longer answers pings, and not while it does', async () => {
      const server = await liveServer(w.tools, { pingEveryMs: 300 });
      await using answers = await listen(server.base, alice);
      const mute = new WebSocket(`${server.base.replace('http', 'ws')}/v1`, {
        headers: bearer(alice),
        autoPong: false,
      });
      let pings = 0;
      mute.on('ping', () => {
        pings += 1;
      });
      expect(await new Promise((resolve) => mute.once('close', resolve))).to.equal(1006);
      expect(pings).to.equal(1);
      await tell(1);
      await heard(answers, 1);
      await answers[Symbol.asyncDispose]();
      await server.close();
    });

    it('for a client that reads too slowly, which can resume', async () => {
      const server = await liveServer(w.tools, { maxBufferedBytes: 65_536, closeTimeoutMs: 20_000 });
      const { socket, messages, closed } = await connect(server.base, alice);
      let delivered = 0;
      const leave = await w.tools.live.listen(alice.userId, undefined, () => {
        delivered += 1;
      });
      socket.pause();
      // Far more than the buffers of two systems hold.
      const text = 'x'.repeat(100_000);
      for (let n = 0; n < 300; n += 1) {
        await w.tools.live.tell([alice.userId], 'notification', { n, text });
      }
      await until('all is delivered to this process', () => delivered === 300);
      leave();
      socket.resume();
      expect(await closed).to.equal(1013);
      expect(messages.length).to.be.within(1, 299);
      await using again = await listen(server.base, alice, `?resume_from=${messages.at(-1)?.id}`);
      await heard(again, 300 - messages.length);
      expect([...messages.map(({ data }) => data?.n), ...numbers(again)]).to.eql(
        Array.from({ length: 300 }, (_, n) => n),
      );
      await again[Symbol.asyncDispose]();
      await server.close();
    });

    it('for the oldest of more than ten sockets', async () => {
      const grace = await w.join('grace');
      const ears: Ear[] = [];
      for (let n = 0; n < 11; n += 1) ears.push(await listen(w.base, grace));
      expect(await ears[0]?.closed).to.equal(4409);
      await tell(1, grace);
      for (const ear of ears.slice(1)) await heard(ear, 1);
      expect(ears[0]?.messages).to.eql([]);
      for (const ear of ears.slice(1)) await ear[Symbol.asyncDispose]();
    });

    it('for a client that says too much, while small talk is ignored', async () => {
      const { socket, messages, closed } = await connect(w.base, alice);
      socket.send('hello');
      await tell(1);
      await until('alice hears', () => messages.length === 1);
      socket.send('x'.repeat(2_000));
      expect(await closed).to.equal(1009);
    });

    it('when the server stops, which waits for it', async () => {
      const server = await liveServer(w.tools);
      const before = liveSockets();
      const ears = await Promise.all([1, 2, 3].map(() => listen(server.base, alice)));
      expect(liveSockets()).to.equal(before + 3);
      await server.close();
      expect(liveSockets()).to.equal(before);
      expect(await Promise.all(ears.map((ear) => ear.closed))).to.eql([1001, 1001, 1001]);
    });
  });

  describe('while Redis is away', () => {
    it('stays open, refuses whoever is new, and catches up on its return', async () => {
      const cacheUrl = await testRedis();
      await using line = await layLine(cacheUrl);
      await using away = await world({ serves: [], env: { CACHE_REDIS_URL: line.url } });
      const log = openLog('test', 'silent');
      const cache = openRedis(cacheUrl, 'request', log);
      await whenReady(cache);
      const elsewhere = openLive(cache, cacheUrl, log);

      const bob = await away.join('bob');
      await using ear = await listen(away.base, bob);
      line.cut();
      await until('the outage is noticed', () => away.tools.cache.status !== 'ready');
      const reply = await refusedUpgrade(away.base, '/v1', bearer(bob));
      expectRefusal(reply, 'SERVICE_UNAVAILABLE');
      expect(reply.headers.get('retry-after')).to.match(/^\d+$/);
      for (const n of [1, 2, 3]) await elsewhere.tell([bob.userId], 'notification', { n });
      expect(ear.messages).to.eql([]);
      line.mend();
      await heard(ear, 3);
      expect(numbers(ear)).to.eql([1, 2, 3]);
      await elsewhere.close();
      cache.disconnect();
    });
  });
});
