/** `npm run migrate`: brings the database up to date. The supervisor runs it before it starts anything else. */
import { loadConfig } from '../shared/config.ts';
import { migrate } from '../shared/db/migrate.ts';
import { reportError } from './plain-error.ts';

try {
  const applied = await migrate(loadConfig().DATABASE_URL);
  for (const name of applied) console.log(`Migrated the database: ${name}`);
} catch (error) {
  reportError(error);
}
