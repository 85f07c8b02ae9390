/** The words of the Postgres index: which there are, and which of them a mistyped one may have meant. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';
import { guessesFor, isSpelled, swapsOf } from './typos.ts';

/**
 * The word in digits and Latin letters, for pg_trgm, which under some locales knows no others. The letters of
 * an alphabet follow each other in Unicode, so that most keep apart; what falls together is told apart later,
 * by the word itself.
 */
function sketchOf(word: string): string {
  return Array.from(word, (character) =>
    /[a-z0-9]/.test(character) ? character : ((character.codePointAt(0) as number) % 36).toString(36),
  ).join('');
}

/** Makes known the words of a document. Sorted, so that two documents with the same new words do not deadlock. */
export async function keepWords(tx: Tx, documentId: number, words: string[]): Promise<void> {
  const spelled = words.filter(isSpelled).sort();
  if (spelled.length === 0) return;
  await sql`
    INSERT INTO search_words (word, sketch, document_id)
    SELECT word, sketch, ${documentId} FROM unnest(${spelled}::text[], ${spelled.map(sketchOf)}::text[]) AS new (word, sketch)
    ON CONFLICT DO NOTHING`.execute(tx);
}

/**
 * Hands the words that stood in a document's name, and that it no longer has, to another document, or
 * removes those no document has. A document that is being removed at this moment inherits nothing.
 */
export async function leaveWords(tx: Tx, documentId: number, kept: string[]): Promise<void> {
  const { rows } = await sql<{ word: string }>`
    SELECT word FROM search_words WHERE document_id = ${documentId} AND word <> ALL(${kept})`.execute(tx);
  if (rows.length === 0) return;
  // The planner cannot know that most of these words are rare, and would read the whole table for one.
  await sql`SET LOCAL enable_seqscan = off`.execute(tx);
  await sql`
    WITH heirs AS MATERIALIZED (
      SELECT word, (
        SELECT id FROM search_documents WHERE words @@ quote_literal(word)::tsquery
        LIMIT 1 FOR KEY SHARE SKIP LOCKED
      ) AS heir
      FROM unnest(${rows.map(({ word }) => word)}::text[]) AS word
    ), gone AS (
      DELETE FROM search_words USING heirs WHERE search_words.word = heirs.word AND heir IS NULL
    )
    UPDATE search_words SET document_id = heir FROM heirs
    WHERE search_words.word = heirs.word AND heir IS NOT NULL`.execute(tx);
  await sql`SET LOCAL enable_seqscan TO DEFAULT`.execute(tx);
}

/**
 * pg_trgm's similarity of words one change, insertion or deletion apart is at least this, from four letters
 * on: a changed letter inside a word of four leaves 2 trigrams of 8 common. Two swapped letters can leave
 * fewer, but there are so few ways to swap that they are looked up as they are.
 */
const leastSimilarity = '0.25';

/** Of these the nearest by edits are chosen. */
const maxCandidates = 200;

/** For each word that may be mistyped, the words of the index it may have meant; words without any are left out. */
export async function guessWords(db: Db, words: string[]): Promise<Map<string, string[]>> {
  const spelled = [...new Set(words.filter(isSpelled))];
  if (spelled.length === 0) return new Map();
  const swapped = await sql<{ word: string }>`
    SELECT word FROM search_words WHERE word = ANY(${spelled.flatMap(swapsOf)})`.execute(db);
  const similar = await similarWords(db, spelled);
  const guesses = spelled.map((typed): [string, string[]] => {
    const near = similar.filter((candidate) => candidate.typed === typed);
    return [
      typed,
      guessesFor(
        typed,
        [...swapped.rows, ...near].map(({ word }) => word),
      ),
    ];
  });
  return new Map(guesses.filter(([, meant]) => meant.length > 0));
}

async function similarWords(db: Db, typed: string[]): Promise<{ typed: string; word: string }[]> {
  return db.transaction().execute(async (tx) => {
    await sql`SELECT set_config('pg_trgm.similarity_threshold', ${leastSimilarity}, true)`.execute(tx);
    const { rows } = await sql<{ typed: string; word: string }>`
      SELECT typed.word AS typed, near.word
      FROM unnest(${typed}::text[], ${typed.map(sketchOf)}::text[]) AS typed (word, sketch)
      CROSS JOIN LATERAL (
        SELECT word FROM search_words
        WHERE sketch % typed.sketch
          AND char_length(word) BETWEEN char_length(typed.word) - 2 AND char_length(typed.word) + 2
        ORDER BY similarity(sketch, typed.sketch) DESC, word LIMIT ${maxCandidates}
      ) AS near`.execute(tx);
    return rows;
  });
}
