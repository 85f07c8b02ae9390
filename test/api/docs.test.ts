import { expect } from 'chai';
import { routes } from '../../api/routes/index.ts';
import { send } from '../tools/client.ts';
import { type World, world } from '../tools/world.ts';

describe('the documentation', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [], env: { RATE_LIMITS: 'anonymous:1,free:60,pro:1000,enterprise:10000' } });
  });
  after(() => w[Symbol.asyncDispose]());

  it('is a page that lists every route, even without its script', async () => {
    const page = await send(w.base, 'GET', '/docs');
    expect(page.status).to.equal(200);
    expect(page.headers.get('content-type')).to.equal('text/html; charset=utf-8');
    for (const { method, path, summary } of routes) {
      const shown = summary.replaceAll("'", '&#39;');
      expect(page.text).to.contain(`<code>${method.toUpperCase()} ${path}</code> ${shown}`);
    }
  });

  it('loads everything it needs from here, and it is all there', async () => {
    const page = await send(w.base, 'GET', '/docs');
    const urls = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string);
    expect(urls).to.include.members(['/docs/swagger-ui-bundle.js', '/docs/docs.js', '/docs/pages.css']);
    for (const url of urls) expect(url, url).to.match(/^\/(?!\/)/);
    for (const url of new Set(urls.filter((each) => each.startsWith('/docs/')))) {
      const asset = await fetch(w.base + url);
      expect(asset.status, url).to.equal(200);
      expect(asset.headers.get('x-content-type-options')).to.equal('nosniff');
      expect((await asset.arrayBuffer()).byteLength).to.be.above(100);
    }
  });

  it('forbids scripts and styles that are not files of this server', async () => {
    const page = await send(w.base, 'GET', '/docs');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy.split(';')).to.include.members([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ]);
    expect(page.text).not.to.match(/<script>|<style|style=| on\w+=/);
    const script = await send(w.base, 'GET', '/docs/docs.js');
    expect(script.text)
      .to.contain('validatorUrl: null')
      .and.not.to.match(/https?:/);
  });

  it('shows the same document, tried out against the address it was loaded from, without spending a quota', async () => {
    const shown = await send(w.base, 'GET', '/docs/openapi.json');
    expect(shown.status).to.equal(200);
    expect(shown.body.servers).to.eql([{ url: '/' }]);
    const served = await send(w.base, 'GET', '/v1/openapi.json');
    expect(served.status).to.equal(200);
    expect({ ...shown.body, servers: served.body.servers }).to.eql(served.body);
    expect(shown.headers.get('x-ratelimit-limit')).to.equal(null);
    expect((await send(w.base, 'GET', '/docs')).status, 'when the quota is spent').to.equal(200);
  });
});
