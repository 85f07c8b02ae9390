/** Puts very many documents into an empty index, by the shortest way there is. */
import type { Client } from '@elastic/elasticsearch';
import { sql } from 'kysely';
import type { Db } from '../../../shared/db/index.ts';
import { writeAll } from '../../../shared/search/elasticsearch/bulk.ts';
import { indexName, writeAlias } from '../../../shared/search/elasticsearch/indexes.ts';
import type { SearchDocument } from '../../../shared/search/index.ts';
import { keepWords } from '../../../shared/search/postgres-words.ts';
import { searchableOf } from '../../../shared/search/searchable.ts';
import type { Town } from './town.ts';

const batch = 1_000;
const requestTimeout = 60_000;

function* batches(town: Town): Generator<SearchDocument[]> {
  let gathered: SearchDocument[] = [];
  for (const document of town.documents()) {
    gathered.push(document);
    if (gathered.length < batch) continue;
    yield gathered;
    gathered = [];
  }
  if (gathered.length > 0) yield gathered;
}

/** @returns the seconds it took until everything could be found. */
export async function fillElasticsearch(
  es: Client,
  prefix: string,
  town: Town,
  signal: AbortSignal,
): Promise<number> {
  const startedAt = performance.now();
  for (const documents of batches(town)) {
    signal.throwIfAborted();
    const writes = documents.map((document) => ({
      write: { type: document.type, id: document.id, asOf: 1, document },
      aliases: [writeAlias(indexName(prefix, document.type, 1))],
    }));
    const failed = (await writeAll(es, writes, { requestTimeout })).find((error) => error);
    if (failed) throw failed;
  }
  await es.indices.refresh({ index: `${prefix}-*` }, { requestTimeout });
  return (performance.now() - startedAt) / 1_000;
}

/** The indexes that cost most row by row; made again when all rows are there, as Postgres's manual advises. */
const lateIndexes = ['idx_search_documents_words', 'idx_search_words_sketch'];

/** @returns the seconds it took until everything could be found fast. */
export async function fillPostgres(db: Db, town: Town, signal: AbortSignal): Promise<number> {
  const startedAt = performance.now();
  const made: string[] = [];
  for (const name of lateIndexes) {
    const { rows } = await sql<{ made: string }>`SELECT pg_get_indexdef(${name}::regclass) AS made`.execute(
      db,
    );
    const [index] = rows;
    if (!index) throw new Error(`there is no index ${name}`);
    made.push(index.made.replace(' ON ONLY ', ' ON '));
    await sql`DROP INDEX ${sql.ref(name)}`.execute(db);
  }
  const known = new Set<string>();
  for (const documents of batches(town)) {
    signal.throwIfAborted();
    const found = documents.map(searchableOf);
    const rows = JSON.stringify(
      documents.map(({ type, id, popularity }, at) => {
        const { name, fullName, words } = found[at] as (typeof found)[number];
        return { type, id, popularity, name, full_name: fullName, words };
      }),
    );
    await db.transaction().execute(async (tx) => {
      await sql`SET LOCAL synchronous_commit = off`.execute(tx);
      await sql`INSERT INTO search_documents (type, subject_id, name, full_name, words, popularity)
        SELECT type, id, name, full_name, array_to_tsvector(words), popularity
        FROM jsonb_to_recordset(${rows}::jsonb)
          AS r (type text, id text, name text, full_name text, words text[], popularity bigint)`.execute(tx);
      const fresh = [...new Set(found.flatMap(({ words }) => words))].filter((word) => !known.has(word));
      for (const word of fresh) known.add(word);
      // Which document is said to have a word matters only when that one goes.
      await keepWords(tx, 1, fresh);
    });
  }
  for (const statement of made) await sql.raw(statement).execute(db);
  await sql`VACUUM ANALYZE search_documents, search_words`.execute(db);
  return (performance.now() - startedAt) / 1_000;
}
