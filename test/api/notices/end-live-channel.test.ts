import { expect } from 'chai';
import { WebSocket } from 'ws';
import { liveSockets } from '../../../api/live.ts';
import { openLive } from '../../../shared/live/index.ts';
import { openLog } from '../../../shared/log.ts';
import { openRedis, whenReady } from '../../../shared/redis/index.ts';
import type { Client } from '../../tools/client.ts';
import { layLine } from '../../tools/line.ts';
import { type Ear, listen } from '../../tools/listen.ts';
import { bearer, connect, liveServer } from '../../tools/live-server.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { refusedUpgrade } from '../../tools/upgrade.ts';
import { testRedis, until, type World, world } from '../../tools/world.ts';

describe('a socket of the live channel', () => {
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
