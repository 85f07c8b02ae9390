/** How well a document matches a query: the tiers of the Postgres index, as filters of Elasticsearch. */
import type { estypes } from '@elastic/elasticsearch';
import { normalise, typedWords } from '../words.ts';
import { maxNameLength } from './fields.ts';

type Filter = estypes.QueryDslQueryContainer;

/** What was typed, as filters are made of it; without a key nothing is found. */
export type Typed = { key: string; words: string[] };

/** Reads what was typed with the code that made the words of the documents. */
export function readTyped(text: string): Typed {
  // A surrogate that stands alone is in no document and no UTF-8.
  return { key: normalise(text).toWellFormed(), words: typedWords(text) };
}

const named = (filter: (field: string) => Filter): Filter => ({
  bool: { should: [filter('name'), filter('full_name')] },
});
const equals = ({ key }: Typed) => named((field) => ({ term: { [field]: key } }));
/** Elasticsearch refuses prefixes of more than 1,000 characters; no name is as long. */
const begins = ({ key }: Typed): Filter =>
  key.length > maxNameLength ? { match_none: {} } : named((field) => ({ prefix: { [field]: key } }));

/** Every word, or one of those it may have meant; the last may only have begun, if it may. */
function hasWords(alternatives: string[][], isLastUnfinished: boolean): Filter {
  const last = alternatives.length - 1;
  const filter = alternatives.map((words, index): Filter => {
    if (!isLastUnfinished || index < last) return { terms: { words } };
    return { bool: { should: words.map((word) => ({ prefix: { words: word } })) } };
  });
  return { bool: { filter } };
}

const all = ({ words }: Typed) =>
  hasWords(
    words.map((word) => [word]),
    false,
  );
const begun = ({ words }: Typed) =>
  hasWords(
    words.map((word) => [word]),
    true,
  );

const only = (filter: Filter, ...better: Filter[]): Filter => ({
  bool: { filter: [filter], must_not: better },
});

/** The tiers that need no guess, best first. Each leaves out what a better one has, so that no hit is in two. */
export function sureTiers(typed: Typed): Filter[] {
  const names = [only(equals(typed)), only(begins(typed), equals(typed))];
  if (typed.words.length === 0) return names;
  return [...names, only(all(typed), begins(typed)), only(begun(typed), all(typed), begins(typed))];
}

/** The number of the tier of guesses. */
export const guessedTier = 4;

/** The last tier: with words that were meant in place of those mistyped. @param guesses by typed word, not empty */
export function guessed(typed: Typed, guesses: ReadonlyMap<string, string[]>): Filter {
  const alternatives = typed.words.map((word) => [word, ...(guesses.get(word) ?? [])]);
  return only(hasWords(alternatives, true), begun(typed), begins(typed));
}
