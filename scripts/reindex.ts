/** `npm run reindex -- [users] [hashtags] [locations] [posts] [--shards N]`: rebuilds the search index while everything runs. */
import { parseArgs } from 'node:util';
import { loadConfig } from '../shared/config.ts';
import { openDatabase } from '../shared/db/index.ts';
import { openLog } from '../shared/log.ts';
import { SearchIndexError, type SearchType } from '../shared/search/index.ts';
import { ReindexRunsError, reindex } from '../shared/search/reindex.ts';
import { onStop } from '../shared/stop.ts';
import { PlainError, reportError } from './plain-error.ts';
import { type Progress, showProgress } from './seed/progress.ts';

const usage = `Type: npm run reindex -- [users] [hashtags] [locations] [posts] [--shards N]
All of them if none is named. --shards: of each new index, default 1; Elasticsearch only.`;

const types: Record<string, SearchType> = {
  users: 'user',
  hashtags: 'hashtag',
  locations: 'location',
  posts: 'post',
};
/** One for the lock, the others for what reads rows at the same time. */
const connections = 6;

const abort = new AbortController();

function readArguments(): { wanted: SearchType[]; shards: number } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { shards: { type: 'string', default: '1' } },
    });
    const names = positionals.length > 0 ? positionals : Object.keys(types);
    const wanted = names.map((name) => types[name]);
    const shards = Number(values.shards);
    if (!Number.isInteger(shards) || shards < 1 || shards > 1_000) throw new RangeError();
    if (wanted.some((type) => type === undefined)) throw new RangeError();
    return { wanted: wanted as SearchType[], shards };
  } catch {
    throw new PlainError(usage);
  }
}

async function run(): Promise<void> {
  const { wanted, shards } = readArguments();
  const config = loadConfig();
  const { db, pool } = openDatabase(config.DATABASE_URL, connections, openLog('reindex', 'warn'));
  let shown: Progress | undefined;
  const nameOf = (type: SearchType) => Object.keys(types).find((name) => types[name] === type) as string;
  try {
    await reindex(config, db, wanted, (type) => {
      shown?.end();
      shown = undefined;
      return {
        signal: abort.signal,
        shards,
        onProgress(done, total) {
          shown ??= showProgress(nameOf(type), total);
          shown.set(done);
        },
        onRefused: (id, reason) => console.error(`\nLeft out ${type} ${id}: ${reason}`),
      };
    });
  } catch (error) {
    if (error instanceof ReindexRunsError) throw new PlainError(`${error.message}. Wait for it.`);
    if (error instanceof SearchIndexError) {
      throw new PlainError(
        `${error.message}. The old index is still searched; type the same again to go on.`,
      );
    }
    throw error;
  } finally {
    shown?.end();
    await pool.end();
  }
}

// 130 is what a shell reports for a command that was interrupted.
onStop(async () => abort.abort(), { exitCode: 130 });
try {
  await run();
} catch (error) {
  if (!abort.signal.aborted) reportError(error);
}
// The channel to whoever started this would keep the process alive.
if (!abort.signal.aborted) process.exit();
