import { expect } from 'chai';
import { send } from '../tools/client.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

const board = '/admin/queues';
const asBrowser = { Accept: 'text/html,application/xhtml+xml' };

describe('the pages of the operator', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
    await w.tools.queues.addAll([
      { name: 'index-user', payload: { userId: 'user_of_a_job' }, id: 'one-job' },
    ]);
  });
  after(() => w[Symbol.asyncDispose]());

  const signIn = (
    fields: Record<string, string> = { name: 'admin', password: w.config.ADMIN_PASSWORD ?? '' },
    headers: Record<string, string> = {},
    base = w.base,
  ) =>
    send(base, 'POST', '/admin/sign-in', new URLSearchParams(fields).toString(), {
      'Content-Type': 'application/x-www-form-urlencoded',
      ...headers,
    });
  const cookieOf = (reply: Awaited<ReturnType<typeof signIn>>) =>
    (reply.headers.get('set-cookie') ?? '').split(';')[0] as string;
  const basic = (name: string, password: string) => ({
    Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
  });

  it('send a browser to the form, and refuse everybody else', async () => {
    const browser = await send(w.base, 'GET', board, undefined, asBrowser);
    expect(browser.status).to.equal(303);
    expect(browser.headers.get('location')).to.equal('/admin/sign-in');
    expectRefusal(await send(w.base, 'GET', `${board}/api/queues`), 'UNAUTHORIZED');
    expectRefusal(await send(w.base, 'GET', `${board}/static/js/main.js`), 'UNAUTHORIZED');
    expect((await send(w.base, 'GET', '/admin', undefined, asBrowser)).headers.get('location')).to.equal(
      board,
    );
  });

  it('open with the password, and show the queues and their jobs', async () => {
    const signedIn = await signIn();
    expect(signedIn.status).to.equal(303);
    expect(signedIn.headers.get('location')).to.equal(board);
    expect(signedIn.headers.get('set-cookie'))
      .to.match(/^emulsion_admin=[\w.-]+; Max-Age=28800; Path=\/admin;/)
      .and.contain('HttpOnly')
      .and.contain('SameSite=Strict')
      .and.not.contain('Secure');
    const headers = { Cookie: `theme=dark; ${cookieOf(signedIn)}` };
    const page = await send(w.base, 'GET', board, undefined, { ...headers, ...asBrowser });
    expect(page.status).to.equal(200);
    expect(page.text).to.contain('Emulsion').and.not.contain('googleapis');
    expect(page.headers.get('content-security-policy')).to.contain("script-src 'self'");
    expect(page.headers.get('cache-control')).to.equal('no-store');
    expect(page.headers.get('x-powered-by')).to.equal(null);
    const scripts = [...page.text.matchAll(/src="(static\/[^"]+)"/g)].map((match) => match[1]);
    expect(scripts).to.have.length.above(1);
    for (const script of scripts) {
      expect((await send(w.base, 'GET', `${board}/${script}`, undefined, headers)).status, script).to.equal(
        200,
      );
    }
    const queues = await send(w.base, 'GET', `${board}/api/queues?activeQueue=search`, undefined, headers);
    expect(queues.body.queues.map((queue: { name: string }) => queue.name)).to.have.members([
      'media',
      'feeds',
      'counts',
      'search',
      'stories',
      'notify',
      'accounts',
    ]);
    const job = await send(w.base, 'GET', `${board}/api/queues/search/one-job`, undefined, headers);
    expect(job.body.job.data).to.eql({ userId: 'user_of_a_job' });
  });

  it('refuse a wrong name or password, and a cookie that was not signed for this', async () => {
    const guesses: Record<string, string>[] = [
      { name: 'admin', password: 'not the password' },
      { name: 'root', password: w.config.ADMIN_PASSWORD ?? '' },
      { name: 'admin' },
      {},
    ];
    for (const fields of guesses) {
      const reply = await signIn(fields);
      expect(reply.status).to.equal(401);
      expect(reply.text).to.contain('is wrong');
      expect(reply.headers.get('set-cookie')).to.equal(null);
    }
    const twice = await send(w.base, 'POST', '/admin/sign-in', 'name=admin&password=a&password=b', {
      'Content-Type': 'application/x-www-form-urlencoded',
    });
    expect(twice.status).to.equal(401);
    const alice = await w.join('alice');
    const real = cookieOf(await signIn());
    const forged = [
      `emulsion_admin=${alice.accessToken}`,
      'emulsion_admin=',
      'emulsion_admin=a.b.c',
      `${real.slice(0, -3)}AAA`,
      `not_${real}`,
    ];
    for (const cookie of forged) {
      expectRefusal(
        await send(w.base, 'GET', `${board}/api/queues`, undefined, { Cookie: cookie }),
        'UNAUTHORIZED',
      );
    }
    const access = await send(w.base, 'GET', '/v1/feed', undefined, {
      Authorization: `Bearer ${real.split('=')[1]}`,
    });
    expectRefusal(access, 'UNAUTHORIZED', { field: 'Authorization' });
  });

  it('take Basic credentials for reading only', async () => {
    const password = w.config.ADMIN_PASSWORD ?? '';
    const url = `${board}/api/queues`;
    expect((await send(w.base, 'GET', url, undefined, basic('admin', password))).status).to.equal(200);
    expectRefusal(await send(w.base, 'GET', url, undefined, basic('admin', 'guess')), 'UNAUTHORIZED');
    expectRefusal(await send(w.base, 'GET', url, undefined, basic('admin', '')), 'UNAUTHORIZED');
    expectRefusal(
      await send(w.base, 'PUT', `${url}/pause`, undefined, basic('admin', password)),
      'UNAUTHORIZED',
    );
  });

  it('do nothing another site asks for', async () => {
    const headers = { Cookie: cookieOf(await signIn()) };
    const pause = (more: Record<string, string>) =>
      send(w.base, 'PUT', `${board}/api/queues/stories/pause`, undefined, { ...headers, ...more });
    const isPaused = () => w.tools.queues.all.find((queue) => queue.name === 'stories')?.isPaused();
    const foreigners: Record<string, string>[] = [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
    ];
    for (const foreign of foreigners) {
      expectRefusal(await pause(foreign), 'FORBIDDEN', { field: 'Origin' });
      expectRefusal(await signIn(undefined, foreign), 'FORBIDDEN', {
        field: 'Origin',
      });
    }
    expect(await isPaused()).to.equal(false);
    expect((await pause({ Origin: w.base })).status).to.equal(200);
    expect(await isPaused()).to.equal(true);
  });

  it('end the session at sign-out', async () => {
    const headers = { Cookie: cookieOf(await signIn()) };
    expect((await send(w.base, 'GET', '/admin/sign-out', undefined, headers)).text).to.contain(
      'method="post"',
    );
    const signedOut = await send(w.base, 'POST', '/admin/sign-out', undefined, headers);
    expect(signedOut.status).to.equal(303);
    expect(signedOut.headers.get('set-cookie')).to.match(
      /^emulsion_admin=; Path=\/admin; Expires=Thu, 01 Jan 1970/,
    );
  });

  it('count attempts by address, also those by Basic credentials', async () => {
    await using limited = await world({
      serves: [],
      env: { RATE_LIMITS: 'anonymous:60,free:60,pro:1000,enterprise:10000' },
    });
    const url = `${board}/api/queues`;
    const password = limited.config.ADMIN_PASSWORD ?? '';
    const right = basic('admin', password);
    for (let attempt = 0; attempt < 20; attempt++) {
      // Once proven, credentials are no attempts any more.
      expect((await send(limited.base, 'GET', url, undefined, right)).status).to.equal(200);
    }
    for (let attempt = 0; attempt < 2; attempt++) {
      expect((await signIn({ name: 'admin', password: 'guess' }, {}, limited.base)).status).to.equal(401);
      expect((await send(limited.base, 'GET', url, undefined, basic('admin', 'guess'))).status).to.equal(401);
    }
    const late = await signIn({ name: 'admin', password }, {}, limited.base);
    expect(late.status).to.equal(429);
    expect(Number(late.headers.get('retry-after'))).to.be.within(1, 60);
    expect(late.headers.get('set-cookie')).to.equal(null);
    expectRefusal(await send(limited.base, 'GET', url, undefined, basic('admin', 'other')), 'RATE_LIMITED');
    expect((await send(limited.base, 'GET', url, undefined, right)).status, 'still proven').to.equal(200);
  });

  it('set a cookie for TLS only where the public address has TLS', async () => {
    await using secure = await world({ serves: [], env: { PUBLIC_URL: 'https://api.example.org' } });
    const password = secure.config.ADMIN_PASSWORD ?? '';
    const reply = await signIn({ name: 'admin', password }, {}, secure.base);
    expect(reply.headers.get('set-cookie')).to.contain('; Secure');
  });

  it('are not there without a password in the configuration', async () => {
    await using other = await world({ serves: [], env: { ADMIN_PASSWORD: '' } });
    for (const path of ['/admin', '/admin/sign-in', board]) {
      for (const headers of [asBrowser, basic('admin', '')]) {
        expectRefusal(await send(other.base, 'GET', path, undefined, headers), 'NOT_FOUND', {
          field: 'path',
        });
      }
    }
  });
});
