/**
 * `npm run test:fuzz [-- --examples N] [--seed N]`: sends a server of its own what its OpenAPI document allows and
 * what it forbids, and holds every answer against the document.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openLog } from '../shared/log.ts';
import { onStop } from '../shared/stop.ts';
import { type RunningChild, runApi, runChild } from './child.ts';
import { ensureDatabase } from './embedded/postgres.ts';
import { makeCrowd } from './fuzz/crowd.ts';
import { provideSchemathesis } from './fuzz/schemathesis.ts';
import { reportError } from './plain-error.ts';
import type { Supervised } from './start/supervise.ts';
import { removeTestEngines, startTestEngines } from './test/engines.ts';

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});

/** Operations that would end the session everything else is asked with. */
const endsTheSession = ['/v1/auth/logout'];

/** Methods a path does not take are asked about by our own tests: an OPTIONS request is answered, not refused. */
const excludedChecks = ['unsupported_method'];

const running: Supervised[] = [];
const children: RunningChild[] = [];
const abort = new AbortController();
let folder: string | undefined;

async function fuzz(): Promise<number> {
  const program = await provideSchemathesis();
  const engines = await startTestEngines(
    running,
    (made) => {
      folder = made;
    },
    openLog('fuzz', 'warn'),
    abort.signal,
  );
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATA_DIR: join(engines.folder, 'data'),
    DATABASE_URL: await ensureDatabase(engines.databaseUrl, engines.template),
    QUEUE_REDIS_URL: engines.redisUrl,
    AUTH_SECRET: 'a secret that only a fuzzed server would ever use',
    ADMIN_PASSWORD: 'an admin password for fuzzing',
    METRICS_TOKEN: 'a metrics token for fuzzing',
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'warn',
  };
  const apiLog = join(engines.folder, 'api.log');
  const api = await runApi(env, apiLog);
  children.push(
    api,
    runChild(
      ['workers/main.ts', 'relay', 'media', 'feeds', 'counts', 'search', 'stories', 'notify'],
      env,
      join(engines.folder, 'worker.log'),
    ),
  );
  const { token } = await makeCrowd(api.base);
  console.log(`Seed ${values.seed}, ${values.examples} examples an operation.`);
  const junit = join(engines.folder, 'junit.xml');
  const code = await runToEnd(engines.folder, program, [
    'run',
    `${api.base}/v1/openapi.json`,
    ...['--header', `Authorization: Bearer ${token}`],
    ...['--checks', 'all', '--exclude-checks', excludedChecks.join(',')],
    ...['--max-examples', values.examples, '--seed', values.seed, '--continue-on-failure'],
    ...['--workers', '2', '--request-timeout', '20', '--no-color'],
    ...endsTheSession.flatMap((path) => ['--exclude-path', path]),
    ...['--report', 'junit', '--report-junit-path', junit],
  ]);
  if (!api.isAlive()) console.log('The API process died.');
  const errors = readFileSync(apiLog, 'utf8')
    .split('\n')
    .filter((line) => /"level":"(error|fatal)"/.test(line));
  for (const line of errors.slice(0, 20)) console.log(line);
  const { tests, failures } = countsOf(readFileSync(junit, 'utf8'));
  const failed = Math.max(failures, code === 0 && errors.length === 0 && api.isAlive() ? 0 : 1);
  console.log(`${tests - failures} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** The totals of a JUnit report. */
function countsOf(junit: string): { tests: number; failures: number } {
  const total = (name: string) =>
    Number(new RegExp(`<testsuites[^>]* ${name}="(\\d+)"`).exec(junit)?.[1] ?? 0);
  return { tests: total('tests'), failures: total('failures') + total('errors') };
}

/** Runs a program, which leaves what it leaves in `folder`, to its end. @returns its exit code. */
async function runToEnd(folder: string, program: string, args: string[]): Promise<number | null> {
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    signal: abort.signal,
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

async function clear(): Promise<void> {
  abort.abort();
  await Promise.all(children.map((child) => child.stop()));
  await removeTestEngines(running, folder);
}

// 130 is what a shell reports for a command that was interrupted.
onStop(clear, { exitCode: 130 });
try {
  process.exitCode = await fuzz();
} catch (error) {
  if (!abort.signal.aborted) reportError(error);
}
if (!abort.signal.aborted) {
  await clear();
  process.exit();
}
