/**
 * Text as words, the same way for what is indexed and for what is typed. It is done here and not by an
 * engine, because engines split and fold text by their own locale, and captions are in every script.
 */

/** Scripts that put no space between words; there every pair of neighbouring characters is a word. */
const unspaced = String.raw`[\p{L}\p{M}\p{N}]&&[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]`;

const wordPattern = new RegExp(
  [
    `(?<unspaced>[${unspaced}]+)`,
    String.raw`[[\p{L}\p{M}\p{N}]--[${unspaced}]]+`,
    String.raw`\p{RI}{2}`,
    String.raw`\p{Extended_Pictographic}`,
  ].join('|'),
  'gv',
);

/** Accents and vowel points of Latin, Greek, Cyrillic, Hebrew and Arabic, which many leave out when they type. */
const accents = /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]/g;

/** Longer ones are cut: they are nothing a person would type. */
const maxWordLength = 64;

/** NFKC, lower case, without invisible characters; white space and control characters as single spaces. */
export function normalise(text: string): string {
  return (
    text
      .replace(/\p{Default_Ignorable_Code_Point}+/gu, '')
      .normalize('NFKC')
      .toLowerCase()
      .normalize('NFKC')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go.
      .replace(/[\s\u0000-\u001f\u007f]+/g, ' ')
      .trim()
  );
}

function* split(text: string, isTyped: boolean): Generator<string> {
  for (const match of normalise(text).matchAll(wordPattern)) {
    if (match.groups?.unspaced === undefined) {
      yield [...match[0]].slice(0, maxWordLength).join('');
      continue;
    }
    const characters = [...match[0]];
    for (const [index, character] of characters.entries()) {
      const next = characters[index + 1];
      // The last one stands alone, so that a text is found by its end; what is typed is whole pairs.
      if (next !== undefined) yield character + next;
      else if (!isTyped || characters.length === 1) yield character;
    }
  }
}

/** The word without accents. */
function fold(word: string): string {
  return word.normalize('NFD').replace(accents, '').normalize('NFC');
}

/** The distinct words a text is found by; one with accents also by its letters alone. */
export function wordsOf(text: string): string[] {
  const words = new Set<string>();
  for (const word of split(text, false)) {
    words.add(word);
    const folded = fold(word);
    if (folded) words.add(folded);
  }
  return [...words];
}

/** More would only make a search slow. */
const maxTypedWords = 12;

/** The words of a query in the order they were typed; the last one may be unfinished. */
export function typedWords(text: string): string[] {
  return [...split(text, true)].slice(0, maxTypedWords);
}
