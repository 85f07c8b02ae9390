/** Where the adapters of the story store are chosen. */
import type { Config } from '../config.ts';
import type { Db } from '../db/index.ts';
import type { EngineMigration } from '../environment.ts';
import type { Log } from '../log.ts';
import type { StoryStore } from './index.ts';

/**
 * Opens the story store, Cassandra if it has an address, else Postgres; both while data moves. It has to be closed.
 *
 * @throws if the engine is there and cannot be used as the configuration says; one that is away may come later.
 */
export async function openStoryStore(
  {
    CASSANDRA_URL,
    STORY_LIFETIME_S,
    ENGINE_MIGRATION,
  }: Pick<Config, 'CASSANDRA_URL' | 'STORY_LIFETIME_S'> & { ENGINE_MIGRATION?: EngineMigration },
  db: Db,
  log: Log,
): Promise<StoryStore> {
  if (CASSANDRA_URL && ENGINE_MIGRATION) {
    const { openBothStories } = await import('./both.ts');
    const open = (url?: string) => openStoryStore({ CASSANDRA_URL: url, STORY_LIFETIME_S }, db, log);
    const postgres = { name: 'Postgres', store: await open() };
    const cassandra = { name: 'Cassandra (CASSANDRA_URL)', store: await open(CASSANDRA_URL) };
    return ENGINE_MIGRATION === 'to-engines'
      ? openBothStories(postgres, cassandra)
      : openBothStories(cassandra, postgres);
  }
  if (CASSANDRA_URL) {
    const { openCassandraStories } = await import('./cassandra.ts');
    return openCassandraStories({ CASSANDRA_URL, STORY_LIFETIME_S }, db, log);
  }
  const { openPostgresStories } = await import('./postgres.ts');
  return openPostgresStories(db);
}
