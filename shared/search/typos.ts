/** Which words a mistyped one may have meant. */

/**
 * How many edits a word may be away: none below 4 letters, 1 below 8, else 2. The bounds are Algolia's
 * (minWordSizefor1Typo, minWordSizefor2Typos) and can be said to Elasticsearch as `AUTO:4,8`.
 */
export function allowedEdits(word: string): number {
  const { length } = [...word];
  return length < 4 ? 0 : length < 8 ? 1 : 2;
}

/** Longer words are names of machines, not of anything a person types twice. */
const maxLength = 32;

/** True if the word can be meant by another one, mistyped: letters of a script that spells. */
export function isSpelled(word: string): boolean {
  return allowedEdits(word) > 0 && word.length <= maxLength && /\p{L}/u.test(word);
}

/**
 * Insertions, deletions, changes and swaps of neighbours that lead from one word to the other: the optimal
 * string alignment distance, https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance
 */
export function editDistance(from: string, to: string): number {
  const a = [...from];
  const b = [...to];
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, x] of a.entries()) {
    const row = [i + 1];
    for (const [j, y] of b.entries()) {
      let cost = Math.min(at(row, j) + 1, at(last, j + 1) + 1, at(last, j) + (x === y ? 0 : 1));
      if (i > 0 && j > 0 && x === b[j - 1] && a[i - 1] === y)
        cost = Math.min(cost, at(beforeLast, j - 1) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: number[], index: number): number {
  return row[index] as number;
}

/** The word with each two neighbours swapped. */
export function swapsOf(word: string): string[] {
  const letters = [...word];
  return letters.slice(1).map((letter, index) => {
    return [...letters.slice(0, index), letter, letters[index], ...letters.slice(index + 2)].join('');
  });
}

/** Enough to guess from; a search for a word with more neighbours is better typed out. */
const maxGuesses = 8;

/** Of `candidates`, those the word most likely meant: the nearest ones within its allowed edits. */
export function guessesFor(word: string, candidates: readonly string[]): string[] {
  const allowed = allowedEdits(word);
  const near = [...new Set(candidates)]
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .filter(({ edits }) => edits > 0 && edits <= allowed);
  const fewest = Math.min(...near.map(({ edits }) => edits));
  return near
    .filter(({ edits }) => edits === fewest)
    .slice(0, maxGuesses)
    .map(({ candidate }) => candidate);
}
