/** The search index in Postgres: a table of documents with full-text, prefix and trigram indexes. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';
import {
  type SearchDocument,
  type SearchHit,
  type SearchIndex,
  SearchIndexError,
  SearchPositionError,
  type SearchQuery,
  type SearchType,
} from './index.ts';
import { type Bound, findInTier, tiersOf } from './postgres-tiers.ts';
import { keepWords, leaveWords } from './postgres-words.ts';
import { type Searchable, searchableOf } from './searchable.ts';

/** Writes the row, and returns its id unless it was so already. */
async function writeDocument(
  tx: Tx,
  document: SearchDocument,
  columns: Searchable,
): Promise<number | undefined> {
  const { name, fullName, words } = columns;
  const { rows } = await sql<{ id: number }>`
    INSERT INTO search_documents AS old (type, subject_id, name, full_name, words, popularity)
    VALUES (${document.type}, ${document.id}, ${name}, ${fullName}, array_to_tsvector(${words}),
      ${Math.trunc(document.popularity)})
    ON CONFLICT (type, subject_id) DO UPDATE SET name = excluded.name, full_name = excluded.full_name,
      words = excluded.words, popularity = excluded.popularity
    WHERE (old.name, old.full_name, old.words, old.popularity)
      IS DISTINCT FROM (excluded.name, excluded.full_name, excluded.words, excluded.popularity)
    RETURNING id`.execute(tx);
  return rows[0]?.id;
}

async function removeDocument(tx: Tx, type: SearchType, id: string): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    DELETE FROM search_documents WHERE type = ${type} AND subject_id = ${id} RETURNING id`.execute(tx);
  if (rows[0]) await leaveWords(tx, rows[0].id, []);
}

async function listIds(db: Db, type: SearchType, afterId = '', limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    SELECT subject_id AS id FROM search_documents WHERE type = ${type} AND subject_id > ${afterId}
    ORDER BY subject_id LIMIT ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

/** Above every popularity and id, which are safe integers. */
const top: Bound = { popularity: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER };

type Position = { tier: number; bound: Bound };

function readPosition(text: string | undefined): Position {
  if (text === undefined) return { tier: 0, bound: top };
  const numbers = /^([0-4])\.(-?\d{1,16})\.(\d{1,16})$/.exec(text)?.slice(1).map(Number);
  if (!numbers) throw new SearchPositionError(`'${text}' is no position of this index`);
  const [tier, popularity, id] = numbers as [number, number, number];
  return { tier, bound: { popularity, id } };
}

async function find(db: Db, query: SearchQuery): Promise<{ hits: SearchHit[]; hasMore: boolean }> {
  const position = readPosition(query.after);
  const hits: SearchHit[] = [];
  let { bound } = position;
  for (const [number, makeTier] of tiersOf(db, query.text).entries()) {
    if (number < position.tier) continue;
    const tier = await makeTier();
    // One more than is asked for tells whether there is more.
    const missing = query.limit + 1 - hits.length;
    const rows = tier ? await findInTier(db, tier, query.types, bound, missing) : [];
    for (const { type, subject_id, popularity, id } of rows) {
      hits.push({ type, id: subject_id, position: `${number}.${popularity}.${id}` });
    }
    if (hits.length > query.limit) return { hits: hits.slice(0, query.limit), hasMore: true };
    bound = top;
  }
  return { hits, hasMore: false };
}

async function orSearchIndexError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SearchPositionError) throw error;
    throw new SearchIndexError('Postgres could not search', { cause: error });
  }
}

/** Opens the index that lives in Postgres. */
export function openPostgresSearch(db: Db): SearchIndex {
  const inTransaction = (work: (tx: Tx) => Promise<void>) =>
    orSearchIndexError(db.transaction().execute(work));
  return {
    put(document) {
      const columns = searchableOf(document);
      return inTransaction(async (tx) => {
        const id = await writeDocument(tx, document, columns);
        if (id === undefined) return;
        await keepWords(tx, id, columns.words);
        await leaveWords(tx, id, columns.words);
      });
    },
    remove: (type, id) => inTransaction((tx) => removeDocument(tx, type, id)),
    query: (query) => orSearchIndexError(find(db, query)),
    ids: (type, afterId, limit) => orSearchIndexError(listIds(db, type, afterId, limit)),
    // What is committed is found.
    async refresh() {},
    async check() {
      await orSearchIndexError(sql`SELECT FROM search_documents LIMIT 1`.execute(db));
    },
    // The pool belongs to whoever opened it.
    async close() {},
  };
}
