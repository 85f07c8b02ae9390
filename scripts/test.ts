/**
 * `npm test [files…] [-- --grep text]`: runs the tests against a Postgres and a Redis that live only for
 * them, and ends with the line `N passed, N failed`.
 */
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openLog } from '../shared/log.ts';
import { onStop } from '../shared/stop.ts';
import { PlainError, reportError } from './plain-error.ts';
import type { Supervised } from './start/supervise.ts';
import { removeTestEngines, startTestEngines } from './test/engines.ts';
import { runMocha } from './test/run-mocha.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: 'string', short: 'g' }, jobs: { type: 'string', default: '2' } },
});

const running: Supervised[] = [];
const abort = new AbortController();
let folder: string | undefined;

function testFiles(): string[] {
  const missing = positionals.filter((file) => !existsSync(file));
  if (missing.length > 0) throw new PlainError(`There is no ${missing.join(', no ')}.`);
  return positionals.length > 0 ? positionals : globSync('test/**/*.test.ts').sort();
}

/** Nothing that is exported in the shell may lead a test to real data. */
function pointTestsAt(env: Record<string, string>): void {
  for (const name of ['DATABASE_URL', 'QUEUE_REDIS_URL', 'CACHE_REDIS_URL']) delete process.env[name];
  Object.assign(process.env, env);
}

async function test(): Promise<number> {
  const startedAt = performance.now();
  const files = testFiles();
  const engines = await startTestEngines(
    running,
    (made) => {
      folder = made;
    },
    openLog('test', 'warn'),
    abort.signal,
  );
  pointTestsAt({
    TEST_DATABASE_URL: engines.databaseUrl,
    TEST_TEMPLATE: engines.template,
    TEST_REDIS_URL: engines.redisUrl,
    DATA_DIR: join(engines.folder, 'data'),
  });
  console.log(
    `Postgres and Redis are ready after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s.`,
  );
  const { passed, failed, skipped } = await runMocha(files, { jobs: Number(values.jobs), grep: values.grep });
  if (skipped > 0) console.log(`${skipped} skipped`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

async function clear(): Promise<void> {
  abort.abort();
  await removeTestEngines(running, folder);
}

// 130 is what a shell reports for a command that was interrupted.
onStop(clear, { exitCode: 130 });
try {
  process.exitCode = await test();
} catch (error) {
  if (!abort.signal.aborted) reportError(error);
}
if (!abort.signal.aborted) {
  await clear();
  process.exit();
}
