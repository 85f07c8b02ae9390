import { expect } from 'chai';
import { send } from '../../tools/client.ts';
import { type World, world } from '../../tools/world.ts';

describe('GET /reset-password', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  it('is a page with a form, and everything it loads is there', async () => {
    const page = await send(w.base, 'GET', '/reset-password');
    expect(page.status).to.equal(200);
    expect(page.headers.get('content-type')).to.equal('text/html; charset=utf-8');
    expect(page.text).to.contain('autocomplete="new-password"');
    const urls = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string);
    expect(urls).to.include('/reset-password/page.js');
    for (const url of urls) expect((await send(w.base, 'GET', url)).status, url).to.equal(200);
  });

  it('runs no script but its own, and tells no other page where it was opened from', async () => {
    const page = await send(w.base, 'GET', '/reset-password');
    const policy = (page.headers.get('content-security-policy') ?? '').split(';');
    expect(policy).to.include.members(["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]);
    expect(page.headers.get('referrer-policy')).to.equal('no-referrer');
    expect(page.text).not.to.match(/<script>|<style|style=| on\w+=/);
  });
});
