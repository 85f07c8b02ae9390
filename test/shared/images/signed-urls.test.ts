import { expect } from 'chai';
import fc from 'fast-check';
import { openSignedUrls } from '../../../shared/images/signed-urls.ts';

const secret = 'a secret that only tests would ever use';
const folder = 'p/01j8z3k4m5n6p7q8r9s0t1v2w3';

describe('signed URLs of images', () => {
  const urls = openSignedUrls(secret);
  const queryOf = (text: string) => Object.fromEntries(new URLSearchParams(text));
  /** A time in Unix milliseconds, within the life of Emulsion. */
  const anyTime = fc.integer({ min: 1_600_000_000_000, max: 4_000_000_000_000 });

  it('live between five and ten minutes, whenever they are made, and not a second longer', () => {
    fc.assert(
      fc.property(anyTime, (nowMs) => {
        const query = queryOf(urls.sign(folder, nowMs));
        const endMs = Number(query.e) * 1_000;
        expect(endMs - nowMs).to.be.within(300_001 - 1, 600_000);
        expect(urls.secondsLeft(folder, query, nowMs)).to.equal(Math.floor((endMs - nowMs) / 1_000));
        expect(urls.secondsLeft(folder, query, endMs)).to.equal(0);
        expect(urls.secondsLeft(folder, query, endMs + 1)).to.equal(undefined);
      }),
    );
  });

  it('stay the same for minutes, so that clients find them in their caches', () => {
    const startMs = 1_700_000_100_000;
    expect(startMs % 300_000).to.equal(0);
    const first = urls.sign(folder, startMs);
    expect(urls.sign(folder, startMs + 299_999)).to.equal(first);
    expect(urls.sign(folder, startMs + 300_000)).not.to.equal(first);
  });

  it('open one folder only, until one time only', () => {
    const nowMs = 1_700_000_000_000;
    const { e = '', s = '' } = queryOf(urls.sign(folder, nowMs));
    const left = (of: string, query: Record<string, unknown>) => urls.secondsLeft(of, query, nowMs);
    expect(left(folder, { e, s })).to.be.a('number');
    expect(left(`${folder}_2`, { e, s })).to.equal(undefined);
    expect(left('p/01j8z3k4m5n6p7q8r9s0t1v2w4', { e, s })).to.equal(undefined);
    expect(left(folder, { e: String(Number(e) + 300), s })).to.equal(undefined);
    const flipped = (s[0] === 'A' ? 'B' : 'A') + s.slice(1);
    const bad = ['', flipped, s.slice(0, -2), `${s}AA`, s.repeat(2), 'x', '\0', [s], { s }, undefined, null];
    for (const each of bad) expect(left(folder, { e, s: each }), String(each)).to.equal(undefined);
    for (const each of [
      '',
      '0',
      '-1',
      `0${e}`,
      `${e}.0`,
      `+${e}`,
      '1e12',
      'NaN',
      'Infinity',
      [e],
      undefined,
    ]) {
      expect(left(folder, { e: each, s }), String(each)).to.equal(undefined);
    }
  });

  it('are good in every process with the secret, and in no other', () => {
    const query = queryOf(urls.sign(folder));
    expect(openSignedUrls(secret).secondsLeft(folder, query)).to.be.above(299);
    expect(openSignedUrls(`${secret}!`).secondsLeft(folder, query)).to.equal(undefined);
  });
});
