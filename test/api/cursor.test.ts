import { expect } from 'chai';
import fc from 'fast-check';
import { z } from 'zod';
import { decodeCursor, encodeCursor, pageQuery } from '../../api/cursor.ts';
import { Failure } from '../../shared/errors.ts';

const values = z.tuple([z.string(), z.int()]);

/** Text that decodes as a cursor would, whatever it holds. */
const forged = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url');

function refusal(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('a cursor', () => {
  it('gives back what was put into it, in letters a URL takes as they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger(), (text, number) => {
        const cursor = encodeCursor('list', [text, number]);
        expect(cursor).to.match(/^[\w-]+$/);
        expect(decodeCursor('list', values, cursor)).to.eql([text, number]);
        expect(decodeCursor('list', values, cursor, 300)).to.eql([text, number]);
      }),
    );
  });

  const nowS = Math.floor(Date.now() / 1_000);
  const bad: [what: string, text: string][] = [
    ['of another list', encodeCursor('other', ['a', 1])],
    ['with a value of another type', encodeCursor('list', ['a', 'b'])],
    ['with a value too few', encodeCursor('list', ['a'])],
    ['with a value too many', encodeCursor('list', ['a', 1, 2])],
    ['without its time of issue', forged(['list', 'a', 1])],
    ['that is an object', forged({ list: nowS })],
    ['that is null', forged(null)],
    ['that is no JSON', Buffer.from('list').toString('base64url')],
    ['that is no base64url', '%%%'],
    ['that is empty', ''],
  ];
  for (const [what, text] of bad) {
    it(`${what} is refused`, () => {
      const { code, details } = refusal(() => decodeCursor('list', values, text, 300));
      expect(code).to.equal('INVALID_INPUT');
      expect(details?.field).to.equal('cursor');
    });
  }

  it('is refused or read, whatever text is sent', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue().map(forged)), (text) => {
        expect(refusal(() => decodeCursor('list', values, text)).code).to.equal('INVALID_INPUT');
      }),
    );
  });

  it('is gone when its time is over, and only if its list lets it expire', () => {
    const old = forged(['list', nowS - 302, 'a', 1]);
    const { code, details } = refusal(() => decodeCursor('list', values, old, 300));
    expect(code).to.equal('GONE');
    expect(details?.field).to.equal('cursor');
    expect(decodeCursor('list', values, old)).to.eql(['a', 1]);
    expect(decodeCursor('list', values, forged(['list', nowS - 290, 'a', 1]), 300)).to.eql(['a', 1]);
  });
});

describe('the query of a list', () => {
  it('asks for 20 items unless told otherwise', () => {
    expect(pageQuery.parse({})).to.eql({ limit: 20 });
    expect(pageQuery.parse({ limit: '1' }).limit).to.equal(1);
    expect(pageQuery.parse({ limit: '100' }).limit).to.equal(100);
  });
  for (const limit of ['0', '101', '-1', '1.5', '', 'many', 'NaN', 'Infinity', ['1', '2']]) {
    it(`refuses a limit of ${JSON.stringify(limit)}`, () => {
      const { error } = pageQuery.safeParse({ limit });
      expect(error?.issues.map((issue) => issue.path)).to.eql([['limit']]);
    });
  }
});
