/**
 * `npm run migrate:engines -- [images] [stories] [search]`: copies what is in the embedded adapters into the engines,
 * or back, while everything runs, and verifies it.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { isEngineAway } from '../shared/away.ts';
import { type Config, loadConfig } from '../shared/config.ts';
import { type Db, openDatabase } from '../shared/db/index.ts';
import { openLog } from '../shared/log.ts';
import { onStop } from '../shared/stop.ts';
import { isKind, type Kind, kinds, move } from './migrate-engines/moves.ts';
import { openPosition } from './migrate-engines/position.ts';
import type { Outcome, Run } from './migrate-engines/run.ts';
import { PlainError, reportError } from './plain-error.ts';
import { type Progress, showProgress } from './seed/progress.ts';
import { readPrivateFile } from './start/private-file.ts';

const usage = `Type: npm run migrate:engines -- [images] [stories] [search]
All that have an address (S3_URL, CASSANDRA_URL, ELASTICSEARCH_URL) if none is named.`;

/** One for the lock, the others for what reads and writes rows at the same time. */
const connections = 12;
/** Told to Postgres for as long as the command runs; any number that nobody else locks. */
const lock = 728_301_118;

const abort = new AbortController();

function readArguments(): Kind[] {
  try {
    const { positionals } = parseArgs({ allowPositionals: true, options: {} });
    if (positionals.every(isKind)) return positionals;
  } catch {
    // Said below.
  }
  throw new PlainError(usage);
}

/** @throws {PlainError} saying what to set before anything can be moved. */
function wantedKinds(config: Config, named: Kind[]): Kind[] {
  if (!config.ENGINE_MIGRATION) {
    throw new PlainError(`ENGINE_MIGRATION is not set. Set it for every process, to-engines or (back) to-embedded, restart them all,
then type this again: only then what is written meanwhile goes to both sides.`);
  }
  const all = Object.keys(kinds).filter(isKind);
  const wanted = named.length > 0 ? named : all.filter((kind) => config[kinds[kind]]);
  const missing = (wanted.length > 0 ? wanted : all).filter((kind) => !config[kinds[kind]]);
  if (missing.length > 0) {
    const lines = missing.map((kind) => `  - ${kinds[kind]}, the address for ${kind}`);
    throw new PlainError(`No engine to move to or from. Set, for every process:\n${lines.join('\n')}`);
  }
  const running = readPrivateFile(join(config.DATA_DIR, 'engines.json'));
  const other = (['ENGINE_MIGRATION', ...wanted.map((kind) => kinds[kind])] as const).filter(
    (name) => Object.keys(running).length > 0 && running[name] !== config[name],
  );
  if (other.length > 0) {
    throw new PlainError(`"npm start" runs on ${config.DATA_DIR} with another ${other.join(' and ')}, or none.
Restart it with the one given here, then type this again.`);
  }
  return wanted;
}

function show(kind: Kind, { names }: Run, outcome: Outcome): void {
  const width = Math.max(names.from.length, names.to.length);
  for (const side of ['from', 'to'] as const) {
    const { counts, checksum } = outcome[side];
    console.log(`  ${kind.padEnd(8)} ${names[side].padEnd(width)}  ${counts}  sha256 ${checksum}`);
  }
  if (outcome.mended > 0) {
    console.log(`           ${outcome.mended} differed when they were verified and were brought in line`);
  }
  for (const id of outcome.different) console.log(`           DIFFERENT: ${id}`);
}

async function moveAll(config: Config, db: Db, wanted: Kind[]): Promise<void> {
  const position = openPosition(config);
  const outcomes: Outcome[] = [];
  for (const kind of wanted) {
    let shown: Progress | undefined;
    const end = () => shown?.end();
    const outcome = await move(kind, config, db, {
      signal: abort.signal,
      position,
      show(name, total) {
        end();
        shown = showProgress(name, total);
        return shown;
      },
      onBegin: ({ from, to }) => console.log(`\n${kind}: from ${from} to ${to}`),
    }).finally(end);
    show(kind, outcome.run, outcome);
    outcomes.push(outcome);
  }
  const isSame = ({ from, to }: Outcome) => from.counts === to.counts && from.checksum === to.checksum;
  if (!outcomes.every(isSame)) {
    throw new PlainError(
      'The sides differ. Type the same again; if that stays, a process writes without ENGINE_MIGRATION: restart it.',
    );
  }
  console.log(`
Both sides agree. ${
    config.ENGINE_MIGRATION === 'to-engines'
      ? 'Take ENGINE_MIGRATION away and restart: the engines are read.'
      : 'Take ENGINE_MIGRATION and the addresses away and restart: the embedded ones are read.'
  }
If processes were restarted with ENGINE_MIGRATION after this began, type it once more before.
`);
}

async function run(): Promise<void> {
  const named = readArguments();
  const config = loadConfig();
  const wanted = wantedKinds(config, named);
  const { db, pool } = openDatabase(config.DATABASE_URL, connections, openLog('migrate', 'warn'));
  try {
    await db.connection().execute(async (connection) => {
      const { rows } = await sql<{ is_mine: boolean }>`
        SELECT pg_try_advisory_lock(${lock}) AS is_mine`.execute(connection);
      if (!rows[0]?.is_mine)
        throw new PlainError('Another "npm run migrate:engines" is running. Wait for it.');
      await moveAll(config, db, wanted);
    });
  } catch (error) {
    if (!isEngineAway(error)) throw error;
    throw new PlainError(`${(error as Error).message}. Type the same again to go on from here.`);
  } finally {
    await pool.end();
  }
}

const running = run();
// 130 is what a shell reports for a command that was interrupted.
onStop(
  async () => {
    abort.abort();
    await running.catch(() => {});
  },
  { exitCode: 130 },
);
try {
  await running;
} catch (error) {
  if (!abort.signal.aborted) reportError(error);
}
// The channel to whoever started this would keep the process alive.
if (!abort.signal.aborted) process.exit();
