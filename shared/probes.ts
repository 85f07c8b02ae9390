/** One question to each engine that only an engine in working order answers. */
import { sql } from 'kysely';
import { keys } from './keys.ts';
import { writeProbe } from './redis/fit.ts';
import type { Tools } from './tools.ts';

/** What Emulsion is made of, as /readyz names it. */
export type Part = 'postgres' | 'queue' | 'cache' | 'search' | 'stories' | 'images';

/** Resolves if the part can be used now. */
export type Probe = () => Promise<unknown>;

/** What the probes of Redis write is gone after this long. */
const writtenForMs = 1_000;

/** The probe of each part. How long one takes is bounded by its adapter, to about 5 s. */
export function probesOf({
  db,
  queueRedis,
  cache,
  search,
  stories,
  images,
}: Pick<Tools, 'db' | 'queueRedis' | 'cache' | 'search' | 'stories' | 'images'>): Record<Part, Probe> {
  return {
    async postgres() {
      const { rows } = await sql<{ read_only: string }>`
        SELECT current_setting('transaction_read_only') AS read_only`.execute(db);
      if (rows[0]?.read_only !== 'off') throw new Error('it takes no writes');
    },
    queue: () => writeProbe(queueRedis, keys.rateLimit('readyz'), writtenForMs),
    cache: () => writeProbe(cache, keys.rateLimit('readyz'), writtenForMs),
    search: () => search.check(),
    stories: () => stories.check(),
    images: () => images.check(),
  };
}
