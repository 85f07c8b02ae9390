/** One run of the tests: engines that live only for it, mocha, and the line `N passed, N failed` at the end. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { engineVariables } from '../../shared/environment.ts';
import type { Log } from '../../shared/log.ts';
import { openLog } from '../../shared/log.ts';
import { onStop } from '../../shared/stop.ts';
import { PlainError, reportError } from '../plain-error.ts';
import type { EngineContext } from '../start/engines.ts';
import type { Supervised } from '../start/supervise.ts';
import { removeTestEngines, startTestEngines } from './engines.ts';
import { runMocha, type TestOutcome } from './run-mocha.ts';

/** Engines beside Postgres and Redis. */
export type MoreEngines = {
  /** What tests find them by. */
  env: Record<string, string>;
  /** Printed before the last line. */
  report: (outcome: TestOutcome) => string;
  /** Those that had to be there and are not: each counts as a failure. */
  missing: number;
};

export type TestRun = {
  files: string[];
  jobs: number;
  grep: string | undefined;
  timeoutMs?: number;
  startMore?: (context: EngineContext) => Promise<MoreEngines>;
};

/** Nothing that is exported in the shell may lead a test to real data. */
function pointTestsAt(env: Record<string, string>): void {
  for (const name of engineVariables) delete process.env[name];
  Object.assign(process.env, env);
}

async function test(
  { files, jobs, grep, timeoutMs, startMore }: TestRun,
  context: { log: Log; signal: AbortSignal; running: Supervised[]; onFolder: (folder: string) => void },
): Promise<number> {
  const startedAt = performance.now();
  const missingFiles = files.filter((file) => !existsSync(file));
  if (missingFiles.length > 0) throw new PlainError(`There is no ${missingFiles.join(', no ')}.`);
  const { running, onFolder, log, signal } = context;
  const engines = await startTestEngines(running, onFolder, log, signal);
  const seconds = () => ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`Postgres and Redis are ready after ${seconds()} s.`);
  const more = await startMore?.({ dataDir: engines.folder, log, signal, running });
  pointTestsAt({
    TEST_DATABASE_URL: engines.databaseUrl,
    TEST_TEMPLATE: engines.template,
    TEST_REDIS_URL: engines.redisUrl,
    DATA_DIR: join(engines.folder, 'data'),
    ...more?.env,
  });
  const outcome = await runMocha(files, { jobs, grep, ...(timeoutMs ? { timeoutMs } : {}) });
  if (outcome.skipped > 0) console.log(`${outcome.skipped} skipped`);
  if (more) console.log(more.report(outcome));
  const failed = outcome.failed + (more?.missing ?? 0);
  console.log(`${outcome.passed} passed, ${failed} failed`);
  return failed > 0 || outcome.passed === 0 ? 1 : 0;
}

/** Runs the tests, removes every engine, and ends this process: with 1 if a test failed or none ran. */
export async function runTests(run: TestRun): Promise<void> {
  const running: Supervised[] = [];
  const abort = new AbortController();
  let folder: string | undefined;
  const onFolder = (made: string) => {
    folder = made;
  };
  async function clear(): Promise<void> {
    abort.abort();
    await removeTestEngines(running, folder);
  }
  // 130 is what a shell reports for a command that was interrupted.
  onStop(clear, { exitCode: 130 });
  try {
    const log = openLog('test', 'warn');
    process.exitCode = await test(run, { log, signal: abort.signal, running, onFolder });
  } catch (error) {
    if (!abort.signal.aborted) reportError(error);
  }
  if (abort.signal.aborted) return;
  await clear();
  process.exit();
}
