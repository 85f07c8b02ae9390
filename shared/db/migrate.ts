/** Brings a database to the newest schema: our numbered SQL files, then pg-boss's own. Forward only. */
import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { openLog } from '../log.ts';
import { openOutbox } from '../outbox.ts';
import { type Db, openDatabase } from './index.ts';

const folder = new URL('./migrations/', import.meta.url);

async function migrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')));
  return Object.fromEntries(
    files.map((file, index) => [
      file.replace(/\.sql$/, ''),
      { up: async (db) => void (await sql.raw(texts[index] as string).execute(db)) },
    ]),
  );
}

/** A statement of a migration may take this long, and so may the wait for another process's. */
const longestMs = 24 * 3_600_000;

/**
 * Applies what is missing; several processes may call it at once, one does the work.
 *
 * @returns the names of the migrations applied, oldest first.
 * @throws what the failing SQL threw; nothing of that run is kept.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const { db, pool } = openDatabase(databaseUrl, 2, openLog('migrate', 'warn'), { longestMs });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: migrations } });
    const { error, results } = await migrator.migrateToLatest();
    if (error) throw error;
    await installOutbox(db);
    return (results ?? [])
      .filter((result) => result.status === 'Success')
      .map((result) => result.migrationName);
  } finally {
    await pool.end();
  }
}

async function installOutbox(db: Db): Promise<void> {
  const outbox = await openOutbox(db, { install: true });
  await outbox.stop();
}
