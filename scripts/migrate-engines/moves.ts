/** The three things that can be moved: the setting that says where to, and how both sides are opened. */
import type { Config } from '../../shared/config.ts';
import type { Db } from '../../shared/db/index.ts';
import { openObjectStore } from '../../shared/images/open.ts';
import { openLog } from '../../shared/log.ts';
import { openSearchIndex } from '../../shared/search/open.ts';
import { openStoryStore } from '../../shared/stories/open.ts';
import { moveImages } from './images.ts';
import type { Outcome, Run } from './run.ts';
import { moveSearch } from './search.ts';
import { moveStories } from './stories.ts';

export const kinds = {
  images: 'S3_URL',
  stories: 'CASSANDRA_URL',
  search: 'ELASTICSEARCH_URL',
} as const satisfies Record<string, keyof Config>;
export type Kind = keyof typeof kinds;

export function isKind(text: string): text is Kind {
  return Object.hasOwn(kinds, text);
}

const sideNames: Record<Kind, { embedded: string; engine: string }> = {
  images: { embedded: 'disk', engine: 'bucket' },
  stories: { embedded: 'Postgres', engine: 'Cassandra' },
  search: { embedded: 'Postgres', engine: 'Elasticsearch' },
};

/**
 * Moves one of them, in the direction that the configuration says.
 *
 * @throws what the stores throw, when they stay away; the signal's reason if it is aborted.
 */
export async function move(
  kind: Kind,
  config: Config,
  db: Db,
  given: Omit<Run, 'names'> & { onBegin(names: Run['names']): void },
): Promise<Outcome & { run: Run }> {
  const { embedded, engine } = sideNames[kind];
  const isBack = config.ENGINE_MIGRATION === 'to-embedded';
  const run = {
    ...given,
    names: isBack ? { from: engine, to: embedded } : { from: embedded, to: engine },
  };
  given.onBegin(run.names);
  return { ...(await movers[kind](config, db, isBack, run)), run };
}

const movers: Record<Kind, (config: Config, db: Db, isBack: boolean, run: Run) => Promise<Outcome>> = {
  async images({ DATA_DIR, S3_URL }, _db, isBack, run) {
    const log = openLog('migrate', 'warn');
    await using disk = await openObjectStore({ DATA_DIR }, log);
    await using bucket = await openObjectStore({ DATA_DIR, S3_URL }, log);
    return await (isBack ? moveImages(bucket, disk, run) : moveImages(disk, bucket, run));
  },

  async stories({ CASSANDRA_URL, STORY_LIFETIME_S }, db, isBack, run) {
    const log = openLog('migrate', 'warn');
    const postgres = await openStoryStore({ CASSANDRA_URL: undefined, STORY_LIFETIME_S }, db, log);
    const cassandra = await openStoryStore({ CASSANDRA_URL, STORY_LIFETIME_S }, db, log);
    try {
      return await (isBack
        ? moveStories(db, cassandra, postgres, run)
        : moveStories(db, postgres, cassandra, run));
    } finally {
      await cassandra.close();
    }
  },

  async search({ ELASTICSEARCH_URL }, db, isBack, run) {
    const postgres = await openSearchIndex({ ELASTICSEARCH_URL: undefined }, db);
    const engine = await openSearchIndex({ ELASTICSEARCH_URL }, db);
    try {
      return await (isBack
        ? moveSearch({ ELASTICSEARCH_URL: undefined }, db, engine, postgres, run)
        : moveSearch({ ELASTICSEARCH_URL }, db, postgres, engine, run));
    } finally {
      await engine.close();
    }
  },
};
