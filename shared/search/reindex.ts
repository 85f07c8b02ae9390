/** Rebuilds the search index from Postgres's rows while the system runs, whatever engine it is in. */
import { sql } from 'kysely';
import type { Config } from '../config.ts';
import type { Db } from '../db/index.ts';
import { alignIndex } from './align.ts';
import { candidatesAfter, countCandidates } from './documents.ts';
import type { ReindexOptions } from './elasticsearch/reindex.ts';
import type { SearchType } from './index.ts';
import { openSearchIndex } from './open.ts';

/**
 * Where a rebuild in Postgres begins and how far it is, in rows of the type's table, for whoever goes on with one that
 * broke off. Elasticsearch notes it with the new version.
 */
export type RebuildOptions = ReindexOptions & {
  afterRow?: number;
  onRow?: (row: number) => void;
};

/** Another process rebuilds the index. */
export class ReindexRunsError extends Error {
  override name = 'ReindexRunsError';
}

/** Told to Postgres for as long as an index is rebuilt; any number that nobody else locks. */
const lock = 728_301_115;

/**
 * Rebuilds what there is of these types, one after another.
 *
 * In Elasticsearch that is a new version of each index beside the old one, which is searched until the new one is whole.
 * In Postgres each document is brought in line where it is.
 *
 * @throws {ReindexRunsError} if another process does so; what `reindexType` throws.
 */
export async function reindex(
  config: Pick<Config, 'ELASTICSEARCH_URL'>,
  db: Db,
  types: readonly SearchType[],
  optionsOf: (type: SearchType) => RebuildOptions,
): Promise<void> {
  await db.connection().execute(async (connection) => {
    const { rows } = await sql<{ is_mine: boolean }>`SELECT pg_try_advisory_lock(${lock}) AS is_mine`.execute(
      connection,
    );
    if (!rows[0]?.is_mine) throw new ReindexRunsError('Another process rebuilds the search index');
    try {
      const { ELASTICSEARCH_URL: url } = config;
      if (url) await rebuild(url, db, types, optionsOf);
      else await realign(config, db, types, optionsOf);
    } finally {
      await sql`SELECT pg_advisory_unlock(${lock})`.execute(connection);
    }
  });
}

async function rebuild(
  url: string,
  db: Db,
  types: readonly SearchType[],
  optionsOf: (type: SearchType) => ReindexOptions,
): Promise<void> {
  const { openClient } = await import('./elasticsearch.ts');
  const { parseElasticsearchUrl } = await import('./elasticsearch/url.ts');
  const { reindexType } = await import('./elasticsearch/reindex.ts');
  const address = parseElasticsearchUrl(url);
  const es = openClient(address);
  try {
    for (const type of types) await reindexType(es, address.prefix, db, type, optionsOf(type));
  } finally {
    await es.close();
  }
}

/** Things looked at together, each with two connections' worth of work. */
const batch = 200;
const atOnce = 4;

async function realign(
  config: Pick<Config, 'ELASTICSEARCH_URL'>,
  db: Db,
  types: readonly SearchType[],
  optionsOf: (type: SearchType) => RebuildOptions,
): Promise<void> {
  const search = await openSearchIndex({ ELASTICSEARCH_URL: config.ELASTICSEARCH_URL }, db);
  for (const type of types) {
    const { signal, onProgress, afterRow = 0, onRow } = optionsOf(type);
    const total = await countCandidates(db, type);
    let done = 0;
    for (let last = afterRow; ; ) {
      const candidates = await candidatesAfter(db, type, last, batch);
      const left = [...candidates];
      const lane = async () => {
        for (let next = left.pop(); next; next = left.pop()) {
          signal.throwIfAborted();
          await alignIndex({ db, search }, type, next.id);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, lane));
      done += candidates.length;
      last = candidates.at(-1)?.row ?? last;
      onRow?.(last);
      onProgress?.(done, Math.max(total, done));
      if (candidates.length < batch) break;
    }
  }
  await search.close();
}
