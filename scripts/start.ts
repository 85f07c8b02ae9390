/**
 * `npm start`: starts the engines that have no address, brings the database up to date, starts every line
 * of the Procfile, and keeps all of it running until it is asked to stop.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, loadEnvironment } from '../shared/config.ts';
import { engineVariables } from '../shared/environment.ts';
import { openLog } from '../shared/log.ts';
import { PlainError } from './plain-error.ts';
import { runUntilStopped } from './run-until-stopped.ts';
import { banner } from './start/banner.ts';
import { claimDataDir, claimPort } from './start/claim.ts';
import { startEngines } from './start/engines.ts';
import { writePrivateFile } from './start/private-file.ts';
import { parseProcfile, toProgram } from './start/procfile.ts';
import { reachGiven } from './start/reach-given.ts';
import { completeSecrets, isGenerated } from './start/secrets.ts';
import { type Supervised, supervise, untilReady } from './start/supervise.ts';

const { procfile } = parseArgs({ options: { procfile: { type: 'string', default: 'Procfile' } } }).values;

/** Programs have 10 s for what they are doing, engines 3 s more to write down what they know: 13 of the 15 s. */
const programPatienceMs = 10_000;
const enginePatienceMs = 3_000;
const readyTimeoutMs = 120_000;

const programs: Supervised[] = [];
const engines: Supervised[] = [];
const abort = new AbortController();
let enginesFile: string | undefined;

/** Runs the migrations in a process of their own, whose output is shown. */
async function migrate(env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(process.execPath, ['scripts/migrate.ts'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
    signal: abort.signal,
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => resolve(signal ?? exitCode));
  });
  if (code !== 0) throw new PlainError(`The database could not be brought up to date (migrate: ${code}).`);
}

async function start(): Promise<void> {
  const startedAt = performance.now();
  const { DATA_DIR: dataDir } = loadEnvironment();
  await claimDataDir(dataDir);
  enginesFile = join(dataDir, 'engines.json');
  // It is there if an earlier supervisor was killed; the engines it names are gone or about to be.
  const isTakeover = existsSync(enginesFile);
  rmSync(enginesFile, { force: true });
  completeSecrets(dataDir, loadEnvironment());
  const given = loadEnvironment();
  const log = openLog('start', given.LOG_LEVEL);
  const port = await claimPort(given.HOST, given.PORT, isTakeover, abort.signal);
  const lines = parseProcfile(readFileSync(procfile, 'utf8'));

  console.log('Starting the engines …');
  await reachGiven(given, abort.signal);
  const urls = await startEngines(given, { dataDir, log, signal: abort.signal, running: engines });
  const env = { ...process.env, ...urls, DATA_DIR: dataDir, PORT: String(port) };
  // Commands that are run beside this one learn from the file where the API is, too.
  const config = loadConfig(env);
  const shared = [...engineVariables, 'PUBLIC_URL'] as const;
  const known = shared.flatMap((name) => (config[name] ? [[name, config[name]]] : []));
  writePrivateFile(enginesFile, Object.fromEntries(known));
  await migrate(env);

  abort.signal.throwIfAborted();
  console.log(`Starting ${lines.map((line) => line.name).join(', ')} …`);
  for (const line of lines) programs.push(supervise(toProgram(line, env), log));
  const apiUrl = urlOf(given.HOST, port);
  const api = programs.find((program) => program.name === 'api');
  const isReady = async () => (await fetch(`${apiUrl}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
  if (api) await untilReady(api, isReady, readyTimeoutMs, abort.signal);

  const adminPassword = isGenerated(dataDir, 'ADMIN_PASSWORD', given.ADMIN_PASSWORD)
    ? given.ADMIN_PASSWORD
    : undefined;
  const publicUrl = loadConfig(env).PUBLIC_URL;
  console.log(banner({ apiUrl: publicUrl, dataDir, adminPassword, tookMs: performance.now() - startedAt }));
}

/** Where this machine reaches a server that listens on that address. */
function urlOf(host: string, port: number): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

async function stop(): Promise<void> {
  await Promise.all(programs.map((program) => program.stop(programPatienceMs)));
  await Promise.all(engines.map((engine) => engine.stop(enginePatienceMs)));
  if (enginesFile) rmSync(enginesFile, { force: true });
}

await runUntilStopped(start, stop, abort);
