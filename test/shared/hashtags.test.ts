import { expect } from 'chai';
import fc from 'fast-check';
import { hashtagsOf, mentionsOf } from '../../shared/hashtags.ts';

describe('hashtagsOf', () => {
  const cases: [caption: string, tags: string[]][] = [
    ['Beautiful sunset!  #sunset #photography', ['sunset', 'photography']],
    ['#a#b', ['a', 'b']],
    ['#a##b', ['a']],
    ['##x x#y a_#z', []],
    ['#été #Été #E\u0301te\u0301', ['été']],
    ['#日本#東京 ＃京都', ['日本', '東京', '京都']],
    ['#закат, #שלום! #नमस्ते. (#golden_hour)', ['закат', 'שלום', 'नमस्ते', 'golden_hour']],
    ['#1 #2024 #24_7 #1a', ['1a']],
    ['#\ufe0f\u20e3 is a key', []],
    ['❤️#love 👍🏽#yes\n#new', ['love', 'yes', 'new']],
    ['see https://example.org/a#part and www.example.org#top', []],
    ['see https://example.org/?q=1&r=#x #real', ['real']],
    ['example.org/#part &#x27; &#39;', []],
    ['https://example.org、#タグ', ['タグ']],
    ['# alone #-dash #', []],
    ['', []],
  ];
  for (const [caption, tags] of cases) {
    it(`finds ${tags.length === 0 ? 'none' : tags.join(', ')} in ${JSON.stringify(caption)}`, () => {
      expect(hashtagsOf(caption)).to.deep.equal(tags);
    });
  }

  it('takes a tag of 100 characters and leaves one of 101', () => {
    const astral = '𐐨'.repeat(100);
    expect(hashtagsOf(`#${'a'.repeat(100)} #${'b'.repeat(101)} #${astral}`)).to.deep.equal([
      'a'.repeat(100),
      astral,
    ]);
  });

  it('takes the first 30', () => {
    const all = Array.from({ length: 40 }, (_, index) => `t${index}`);
    expect(hashtagsOf(all.map((tag) => `#${tag}`).join(' '))).to.deep.equal(all.slice(0, 30));
  });

  it('keeps its promises for any caption', () => {
    const caption = fc.array(
      fc.oneof(fc.constantFrom('#', ' ', '_', '@', '/', '\ufe0f', '#été'), fc.string({ unit: 'binary' })),
    );
    fc.assert(
      fc.property(caption, (parts) => {
        const tags = hashtagsOf(parts.join(''));
        expect(new Set(tags).size).to.equal(tags.length);
        expect(tags.length).to.be.at.most(30);
        for (const tag of tags) {
          expect(tag)
            .to.match(/^[\p{L}\p{M}\p{N}_]{1,100}$/u)
            .and.match(/\p{L}/u);
          expect(tag).to.equal(tag.toLowerCase().normalize('NFC'));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('finds again what it found, and all of it', () => {
    const letters = fc.stringMatching(/^[\p{L}\p{N}_]{1,20}$/u);
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 30 }), (words) => {
        const tags = hashtagsOf(words.map((word) => `#${word}`).join(' '));
        expect(hashtagsOf(tags.map((tag) => `#${tag}`).join(''))).to.deep.equal(tags);
        for (const word of words.filter((word) => /^\p{L}+$/u.test(word))) {
          expect(tags).to.include(word.toLowerCase().normalize('NFC'));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('mentionsOf', () => {
  const cases: [caption: string, names: string[]][] = [
    ['with @alice and @Bob.', ['alice', 'bob']],
    ['@a.b_c9, @alice. @alice', ['a.b_c9', 'alice']],
    ['@alice..bob', ['alice']],
    ['mail alice@example.org or a.b+c-@x.org', []],
    ['@alice@example.social is elsewhere', []],
    ['https://medium.com/@alice', []],
    ['@aliceさん @日本 @élodie @alicé', ['alice']],
    ['(@alice)@bob @@carol', ['alice', 'bob']],
    [`@${'a'.repeat(30)} @${'b'.repeat(31)}`, ['a'.repeat(30)]],
    ['@ @. @...', []],
  ];
  for (const [caption, names] of cases) {
    it(`finds ${names.length === 0 ? 'nobody' : names.join(', ')} in ${JSON.stringify(caption)}`, () => {
      expect(mentionsOf(caption)).to.deep.equal(names);
    });
  }

  it('names only what could be a username', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('@', '.', ' ', '@bob'), fc.string({ unit: 'binary' }))),
        (parts) => {
          const names = mentionsOf(parts.join(''));
          expect(new Set(names).size).to.equal(names.length);
          for (const name of names) expect(name).to.match(/^[a-z0-9._]{1,30}$/);
        },
      ),
      { numRuns: 200 },
    );
  });
});
