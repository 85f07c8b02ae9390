/** Where a figure is measured: engines of its own like those of `npm start`, and processes like those of the Procfile. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../shared/config.ts';
import { migrate } from '../../shared/db/migrate.ts';
import type { Log } from '../../shared/log.ts';
import { type RunningApi, type RunningChild, runApi, runChild } from '../child.ts';
import { ensureDatabase } from '../embedded/postgres.ts';
import { startEngines } from '../start/engines.ts';
import type { Supervised } from '../start/supervise.ts';

/** The engines of one run. Everything below `folder` is gone with it. */
export type Engines = {
  folder: string;
  /** An empty, migrated database and an empty Redis for one figure, and what can be started on them. */
  stage(name: string): Promise<Stage>;
  stop(): Promise<void>;
};

export type Stage = {
  folder: string;
  config: Config;
  /** Starts an API process; `args` replaces what Node is given, `env` adds to its environment. */
  api(options?: { env?: Record<string, string>; args?: string[] }): Promise<RunningApi>;
  /** Starts a worker process that serves these; `env` adds to its environment. */
  worker(names: string[], env?: Record<string, string>): RunningChild;
  stop(): Promise<void>;
};

/** What the embedded Redis has; the first is left to nobody. */
const redisDatabases = 16;

/**
 * Starts Postgres and Redis with the settings of `npm start`, durable, on free ports.
 *
 * @param signal aborts the start
 */
export async function startBenchEngines(log: Log, signal: AbortSignal): Promise<Engines> {
  const folder = mkdtempSync(join(tmpdir(), 'emulsion-bench-'));
  // Under root Postgres runs as another user, who has to pass through.
  chmodSync(folder, 0o711);
  const running: Supervised[] = [];
  const stages: Stage[] = [];
  const stop = async () => {
    await Promise.all(stages.map((stage) => stage.stop()));
    await Promise.all(running.map((engine) => engine.stop(3_000)));
    const postgres = join(folder, 'postgres');
    // It may be a link to a folder that another user can enter.
    if (existsSync(postgres)) rmSync(realpathSync(postgres), { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const urls = await startEngines({}, { dataDir: folder, log, signal, running });
    const postgresUrl = urls.DATABASE_URL as string;
    const redisUrl = urls.QUEUE_REDIS_URL as string;
    return {
      folder,
      stop,
      async stage(name) {
        const databaseUrl = await ensureDatabase(postgresUrl, `bench-${name}`);
        await migrate(databaseUrl);
        const stage = makeStage(join(folder, name), {
          DATABASE_URL: databaseUrl,
          QUEUE_REDIS_URL: `${redisUrl}/${(stages.length % (redisDatabases - 1)) + 1}`,
        });
        stages.push(stage);
        return stage;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function makeStage(folder: string, urls: Record<string, string>): Stage {
  mkdirSync(folder);
  const settings = {
    ...urls,
    DATA_DIR: folder,
    AUTH_SECRET: 'a secret that only a benchmark would ever use',
    ADMIN_PASSWORD: 'an admin password for benchmarks',
    METRICS_TOKEN: 'a metrics token for benchmarks',
    RATE_LIMITS: 'off',
  };
  // Nothing that is exported in the shell may change what is measured.
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...settings };
  const children: RunningChild[] = [];
  return {
    folder,
    config: loadConfig({ ...settings, LOG_LEVEL: 'warn' }),
    async api({ env: more = {}, args } = {}) {
      const api = await runApi({ ...env, ...more }, join(folder, 'api.log'), args);
      children.push(api);
      return api;
    },
    worker(names, more = {}) {
      const log = join(folder, `${names[0]}.log`);
      const worker = runChild(['workers/main.ts', ...names], { ...env, ...more }, log);
      children.push(worker);
      return worker;
    },
    async stop() {
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}
