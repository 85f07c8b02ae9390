/** Which words of the documents a mistyped one may have meant: Elasticsearch tells what is near, our own code which counts. */
import type { estypes } from '@elastic/elasticsearch';
import { allowedEdits, guessesFor, isSpelled } from '../typos.ts';

/** What a hit of a search for words is read with. */
export type IndexedWords = { words: string[] };

/** Of these the nearest by edits are chosen. */
const maxCandidates = 200;

/** Words this far off are looked for in the most popular documents that have one. */
const maxDocuments = 50;

/** Whatever is at most two edits away, however often it is used, if it begins with the same letter or is one edit away. */
const nearTerms = {
  field: 'words',
  suggest_mode: 'always',
  max_edits: 2,
  prefix_length: 0,
  min_word_length: 4,
  // A share below 1 and a number from 1 on: by default words that many documents have are taken to be right.
  max_term_freq: 2 ** 31,
  size: maxCandidates,
  shard_size: maxCandidates,
} as const;

/** The searches that find candidates for the words that may be mistyped; none if none may be. */
export function guessSearches(words: readonly string[]): estypes.SearchSearchRequestBody[] {
  const spelled = [...new Set(words.filter(isSpelled))];
  if (spelled.length === 0) return [];
  const suggest = Object.fromEntries(
    spelled.map((word, index) => [`w${index}`, { text: word, term: nearTerms }]),
  );
  // The suggester takes the first letter of what is two edits away for right; a fuzzy query does not.
  const farOff = spelled.filter((word) => allowedEdits(word) > 1);
  return [
    { size: 0, suggest },
    ...farOff.map((value): estypes.SearchSearchRequestBody => {
      const fuzzy = { words: { value, fuzziness: 2, max_expansions: maxCandidates } };
      return {
        query: { bool: { filter: [{ fuzzy }] } },
        sort: [{ popularity: 'desc' }, { key: 'desc' }],
        size: maxDocuments,
        _source: ['words'],
      };
    }),
  ];
}

/** The words in a reply to one of these searches. */
export function candidatesFrom(response: estypes.MsearchMultiSearchItem<IndexedWords>): string[] {
  const entries = Object.values(response.suggest ?? {}).flat();
  const suggested = entries.flatMap(({ options }) => options as { text: string }[]);
  return [
    ...suggested.map(({ text }) => text),
    ...response.hits.hits.flatMap(({ _source }) => _source?.words ?? []),
  ];
}

/** For each word that may be mistyped, the nearest of the candidates; words without any are left out. */
export function guessesOf(words: readonly string[], candidates: readonly string[]): Map<string, string[]> {
  // Lengths first: the distance of two words is work, and most candidates are of another word.
  const lengths = candidates.map((candidate) => [...candidate].length);
  const guesses = words.filter(isSpelled).map((word): [string, string[]] => {
    const { length } = [...word];
    const near = candidates.filter((_, index) => Math.abs((lengths[index] as number) - length) <= 2);
    return [word, guessesFor(word, near)];
  });
  return new Map(guesses.filter(([, meant]) => meant.length > 0));
}
