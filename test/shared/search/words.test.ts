import { expect } from 'chai';
import fc from 'fast-check';
import { normalise, typedWords, wordsOf } from '../../../shared/search/words.ts';

describe('the words of a text', () => {
  const cases: [text: string, words: string[]][] = [
    ['Sunset_photos, at the SEA!', ['sunset', 'photos', 'at', 'the', 'sea']],
    ['L’été', ['l', 'été', 'ete']],
    ['日本旅行2024', ['日本', '本旅', '旅行', '行', '2024']],
    ['👨‍👩‍👧 👍🏽 ❤️ 🇩🇪🇫🇷', ['👨', '👩', '👧', '👍', '❤', '🇩🇪', '🇫🇷']],
    ['ＡＢＣ ﬁ', ['abc', 'fi']],
    ['a\0b\u200bc', ['a', 'bc']],
    ['again Again', ['again']],
    [' … _#@.', []],
  ];
  for (const [text, words] of cases) {
    it(`are ${words.join(', ') || 'none'} for ${JSON.stringify(text)}`, () => {
      expect(wordsOf(text)).to.eql(words);
    });
  }

  it('hold every word somebody types of it', () => {
    const text = fc.array(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(' ', '日本', 'été', '👍')),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const words = wordsOf(parts.join(''));
        for (const typed of typedWords(parts.join(''))) expect(words).to.include(typed);
      }),
      { numRuns: 500 },
    );
  });

  it('are the same however the text is encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(wordsOf(text.normalize('NFD'))).to.eql(wordsOf(text.normalize('NFC')));
        expect(normalise(normalise(text))).to.equal(normalise(text));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the words of a query', () => {
  it('keep their order, and of unspaced scripts they are whole pairs', () => {
    expect(typedWords('the été in 東京駅')).to.eql(['the', 'été', 'in', '東京', '京駅']);
    expect(typedWords('日')).to.eql(['日']);
  });
  it('are no more than can be searched in good time', () => {
    expect(typedWords('a b '.repeat(100))).to.have.length(12);
    expect(typedWords('x'.repeat(1_000))[0]).to.have.length(64);
  });
});
