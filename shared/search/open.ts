/** Where the adapters of the search index are chosen. */
import type { Config } from '../config.ts';
import type { Db } from '../db/index.ts';
import type { EngineMigration } from '../environment.ts';
import type { SearchIndex } from './index.ts';

/**
 * Opens the index, whether its engine can be reached now or not: Elasticsearch if it has an address, else Postgres;
 * both while data moves. It has to be closed.
 */
export async function openSearchIndex(
  {
    ELASTICSEARCH_URL: elasticsearch,
    ENGINE_MIGRATION,
  }: Pick<Config, 'ELASTICSEARCH_URL'> & { ENGINE_MIGRATION?: EngineMigration },
  db: Db,
): Promise<SearchIndex> {
  if (elasticsearch && ENGINE_MIGRATION) {
    const { openBothIndexes } = await import('./both.ts');
    const open = (url?: string) => openSearchIndex({ ELASTICSEARCH_URL: url }, db);
    const postgres = { name: 'Postgres', index: await open() };
    const engine = { name: 'Elasticsearch (ELASTICSEARCH_URL)', index: await open(elasticsearch) };
    return ENGINE_MIGRATION === 'to-engines'
      ? openBothIndexes(postgres, engine)
      : openBothIndexes(engine, postgres);
  }
  if (elasticsearch) {
    const { openElasticsearch } = await import('./elasticsearch.ts');
    return openElasticsearch(elasticsearch);
  }
  const { openPostgresSearch } = await import('./postgres.ts');
  return openPostgresSearch(db);
}
