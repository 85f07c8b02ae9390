import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { keys } from '../../../shared/keys.ts';
import type { Client } from '../../tools/client.ts';
import { type Ear, listen } from '../../tools/listen.ts';
import { bearer, liveServer } from '../../tools/live-server.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { refusedUpgrade } from '../../tools/upgrade.ts';
import { until, type World, world } from '../../tools/world.ts';

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
      const headers = await new Promise<IncomingHttpHeaders>((resolve) =>
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
});
