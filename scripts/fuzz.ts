/**
 * `npm run test:fuzz [-- --examples N] [--seed N] [--only 'GET /v1/feed']`: sends a server of its own what its OpenAPI
 * document allows and what it forbids, and holds every answer against the document.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { queueNames } from '../shared/jobs.ts';
import { openLog } from '../shared/log.ts';
import { onStop } from '../shared/stop.ts';
import { type RunningChild, runApi, runChild } from './child.ts';
import { ensureDatabase } from './embedded/postgres.ts';
import { type Account, makeCrowd } from './fuzz/crowd.ts';
import { argumentsOf, countsOf, environmentOf, passesOver, type Target } from './fuzz/pass.ts';
import { provideSchemathesis } from './fuzz/schemathesis.ts';
import { settingsFor } from './fuzz/settings.ts';
import { reportError } from './plain-error.ts';
import type { Supervised } from './start/supervise.ts';
import { removeTestEngines, startTestEngines } from './test/engines.ts';

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '50' },
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});

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
  const workerLog = join(engines.folder, 'worker.log');
  const api = await runApi(env, apiLog);
  children.push(api, runChild(['workers/main.ts', 'relay', ...queueNames], env, workerLog));
  const crowd = await makeCrowd(api.base);
  await appoint(crowd.admin, env);
  const settings = join(engines.folder, 'schemathesis.toml');
  writeFileSync(settings, settingsFor(crowd));
  const target: Target = {
    ...{ base: api.base, crowd, metricsToken: env.METRICS_TOKEN },
    ...{ folder: engines.folder, settings, examples: values.examples, seed: values.seed },
  };
  console.log(`Seed ${values.seed}, ${values.examples} examples an operation.`);
  const counts = { passed: 0, failed: 0 };
  for (const pass of passesOver(values.only)) {
    const code = await runToEnd(engines.folder, program, argumentsOf(target, pass), environmentOf(target));
    const { passed, failed } = countsOf(target, pass, code);
    counts.passed += passed;
    counts.failed += failed;
  }
  for (const child of children) {
    if (child.isAlive()) continue;
    console.log(`${child.name} died.`);
    counts.failed += 1;
  }
  const errors = [apiLog, workerLog].flatMap(errorsIn);
  for (const line of errors.slice(0, 20)) console.log(line);
  if (errors.length > 0) counts.failed += 1;
  console.log(`Seed ${values.seed}`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed > 0 ? 1 : 0;
}

/** What a process logged of its own failing. */
function errorsIn(logFile: string): string[] {
  return readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => /"level":"(error|fatal)"/.test(line));
}

/** Makes an account an admin, as operators do. @throws if it cannot be. */
async function appoint({ username }: Account, env: NodeJS.ProcessEnv): Promise<void> {
  const args = ['scripts/admin.ts', 'user', username, '--role', 'admin'];
  if ((await runToEnd('.', process.execPath, args, env)) !== 0) throw new Error(`${username} is no admin`);
}

/** Runs a program, which leaves what it leaves in `folder`, to its end. @returns its exit code. */
async function runToEnd(
  folder: string,
  program: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<number | null> {
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
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
