import { expect } from 'chai';
import fc from 'fast-check';
import { allowedEdits, editDistance, guessesFor, isSpelled, swapsOf } from '../../../shared/search/typos.ts';

const word = fc.stringMatching(/^[a-zà-ÿа-я]{0,12}$/u);

describe('editDistance', () => {
  const cases: [from: string, to: string, edits: number][] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['sunset', 'sunset', 0],
    ['sunset', 'sunsat', 1],
    ['sunset', 'sunst', 1],
    ['sunset', 'sunnset', 1],
    ['sunset', 'sunest', 1],
    ['sunset', 'usnste', 2],
    ['ca', 'abc', 3],
    ['закат', 'закот', 1],
    ['👍👍', '👍', 1],
  ];
  for (const [from, to, edits] of cases) {
    it(`is ${edits} from "${from}" to "${to}"`, () => expect(editDistance(from, to)).to.equal(edits));
  }

  it('is the same both ways, and no longer than the longer word', () => {
    fc.assert(
      fc.property(word, word, (one, other) => {
        const edits = editDistance(one, other);
        expect(edits).to.equal(editDistance(other, one));
        expect(edits === 0).to.equal(one === other);
        expect(edits).to.be.within(Math.abs(one.length - other.length), Math.max(one.length, other.length));
      }),
    );
  });
});

describe('a mistyped word', () => {
  it('may be further off the longer it is', () => {
    expect(['cat', 'cats', 'sunsets', 'sunshine'].map(allowedEdits)).to.eql([0, 1, 1, 2]);
  });

  it('has letters, and not too many', () => {
    expect(['2024', 'cat', '日本', 'x'.repeat(33)].filter(isSpelled)).to.eql([]);
    expect(['cats', 'b4ck', 'закат'].filter(isSpelled)).to.eql(['cats', 'b4ck', 'закат']);
  });

  it('may have any two neighbours swapped', () => {
    expect(swapsOf('jhon')).to.eql(['hjon', 'john', 'jhno']);
    fc.assert(
      fc.property(word, (letters) => {
        for (const swapped of swapsOf(letters)) expect(editDistance(letters, swapped)).to.be.at.most(1);
      }),
    );
  });

  it('meant the nearest words, not itself and none too far off', () => {
    const known = ['sunshine', 'sunshone', 'sunshones', 'moonshine', 'sunshin'];
    expect(guessesFor('sunshinee', known)).to.eql(['sunshine']);
    expect(guessesFor('sunshine', known)).to.eql(['sunshone', 'sunshin']);
    expect(guessesFor('sunchone', known)).to.eql(['sunshone']);
    expect(guessesFor('sandstone', known)).to.eql([]);
    expect(guessesFor('cat', ['car'])).to.eql([]);
    expect(
      guessesFor(
        'cats',
        Array.from('abdefghijklm', (letter) => `cat${letter}`),
      ),
    ).to.have.length(8);
  });
});
