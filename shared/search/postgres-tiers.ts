/** How well a document of the Postgres index matches a query: five tiers, each searched by itself. */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/index.ts';
import { type SearchType, searchTypes } from './index.ts';
import { guessWords } from './postgres-words.ts';
import { normalise, typedWords } from './words.ts';

/** A condition on a row of search_documents. */
export type Tier = {
  matches: RawBuilder<unknown>;
  /** Only rows of these types can meet it. */
  types: readonly SearchType[];
  /** So few rows meet it that they can all be sorted. */
  isRare?: true;
};

/** Rows come by falling popularity, then falling id; those at or above the bound were seen already. */
export type Bound = { popularity: number; id: number };

/** Posts have no name. */
const named = ['user', 'hashtag', 'location'] as const;

type Row = { type: SearchType; subject_id: string; popularity: number; id: number };

/** Quoted as https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY asks. */
function lexeme(word: string, isPrefix = false): string {
  return `'${word.replace(/['\\]/g, '$&$&')}'${isPrefix ? ':*' : ''}`;
}

function hasWords(alternatives: string[][], isLastUnfinished: boolean): RawBuilder<unknown> {
  const query = alternatives.map((words, index) => {
    const isPrefix = isLastUnfinished && index === alternatives.length - 1;
    return `(${words.map((word) => lexeme(word, isPrefix)).join(' | ')})`;
  });
  return sql`words @@ ${query.join(' & ')}::tsquery`;
}

/**
 * The tiers of a query, best first. A tier leaves out what a better one has, so that no row is in two. Each
 * is made when its turn comes, because the last one asks the database what was meant; `undefined` is empty.
 */
export function tiersOf(db: Db, text: string): (() => Promise<Tier | undefined>)[] {
  const key = normalise(text);
  const words = typedWords(text);
  if (!key) return [];
  const equals = sql`(name = ${key} OR full_name = ${key})`;
  // Every text that begins with the key lies between it and the key followed by the last code point.
  const end = `${key}\u{10ffff}`;
  const begins = sql`(name >= ${key} AND name < ${end} OR full_name >= ${key} AND full_name < ${end})`;
  const nameTiers = [
    async (): Promise<Tier> => ({ matches: equals, types: named, isRare: true }),
    async (): Promise<Tier> => ({ matches: sql`${begins} AND ${equals} IS NOT TRUE`, types: named }),
  ];
  if (words.length === 0) return nameTiers;
  const typed = words.map((word) => [word]);
  const hasAll = hasWords(typed, false);
  const hasBegun = hasWords(typed, true);
  return [
    ...nameTiers,
    async () => ({ matches: sql`${hasAll} AND ${begins} IS NOT TRUE`, types: searchTypes }),
    async () => ({
      matches: sql`${hasBegun} AND NOT ${hasAll} AND ${begins} IS NOT TRUE`,
      types: searchTypes,
    }),
    async () => {
      const guesses = await guessWords(db, words);
      if (guesses.size === 0) return undefined;
      const alternatives = words.map((word) => [word, ...(guesses.get(word) ?? [])]);
      const matches = sql`${hasWords(alternatives, true)} AND NOT ${hasBegun} AND ${begins} IS NOT TRUE`;
      return { matches, types: searchTypes };
    },
  ];
}

/**
 * How many of the most popular rows of a type are looked through before an index is asked for all rows that
 * match. A condition that 1 row in 100 meets fills a page of 20 on the way; of a million rows a rarer one
 * leaves the index at most some 10,000 to sort.
 */
const lookedThrough = 2_000;

/** The rows of a tier below the bound, the most popular first, at most `limit`. */
export async function findInTier(
  db: Db,
  tier: Tier,
  types: readonly SearchType[],
  bound: Bound,
  limit: number,
): Promise<Row[]> {
  const asked = tier.types.filter((type) => types.includes(type));
  if (asked.length === 0) return [];
  // Each type by itself, for what is popular among hashtags says nothing of posts.
  const perType = asked.map((type) => sql`(${ofType(tier, type, bound, limit)})`);
  const { rows } = await sql<Row>`
    SELECT * FROM (${sql.join(perType, sql` UNION ALL `)}) AS found
    ORDER BY popularity DESC, id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

function ofType({ matches, isRare }: Tier, type: SearchType, bound: Bound, limit: number) {
  const columns = sql`type, subject_id, popularity, id`;
  // The type is a constant, so that every plan is for its partition alone.
  const below = sql`type = ${sql.lit(type)} AND (popularity, id) < (${bound.popularity}, ${bound.id})`;
  // OFFSET 0 keeps the planner from walking by popularity here, which may pass every row before it has enough.
  const all = sql`SELECT * FROM (
      SELECT ${columns} FROM search_documents WHERE ${below} AND ${matches} OFFSET 0
    ) AS every`;
  const bestFirst = sql`ORDER BY popularity DESC, id DESC LIMIT ${limit}`;
  if (isRare) return sql`${all} ${bestFirst}`;
  return sql`
    WITH popular AS MATERIALIZED (
      SELECT ${columns} FROM (
        SELECT * FROM search_documents WHERE ${below}
        ORDER BY popularity DESC, id DESC LIMIT ${lookedThrough}
      ) AS most
      WHERE ${matches} ${bestFirst}
    )
    SELECT * FROM (
      SELECT * FROM popular WHERE (SELECT count(*) FROM popular) = ${limit}
      UNION ALL
      ${all} WHERE (SELECT count(*) FROM popular) < ${limit}
    ) AS either
    ${bestFirst}`;
}
