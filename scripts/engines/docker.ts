/** Where Docker answers, engines are services of compose/compose.yaml, reached at ports of this machine. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlainError } from '../plain-error.ts';
import type { EngineContext } from '../start/engines.ts';
import type { EngineName } from './index.ts';
import { type EngineUrls, openRoom } from './room.ts';

const composeFile = 'compose/compose.yaml';
/** docker compose kills what does not stop in so many seconds: less than the 15 that we have. */
const stopPatienceS = 10;

/** A service as `docker compose config` has it: every variable filled in. */
type Service = { environment?: Record<string, string | null>; command?: string[] | null };

type InCompose = {
  services: { name: string; port: number }[];
  urls: (ports: number[], services: Service[]) => EngineUrls;
};

const access = (user: string, password: string | null | undefined) =>
  password ? `${encodeURIComponent(user)}:${encodeURIComponent(password)}@` : '';

const passwordOfRedis = ({ command, environment }: Service = {}) =>
  command?.[command.indexOf('--requirepass') + 1 || command.length] ?? environment?.REDIS_PASSWORD;

/** The engines that compose.yaml has. */
const inCompose: Partial<Record<EngineName, InCompose>> = {
  minio: {
    services: [{ name: 'minio', port: 9000 }],
    urls: ([port], [service]) => {
      const { MINIO_ROOT_USER: user, MINIO_ROOT_PASSWORD: password } = service?.environment ?? {};
      const keys = access(user ?? 'minioadmin', password ?? 'minioadmin');
      return { S3_URL: `http://${keys}127.0.0.1:${port}/emulsion?region=us-east-1` };
    },
  },
  elasticsearch: {
    services: [{ name: 'elasticsearch', port: 9200 }],
    urls: ([port], [service]) => {
      const who = access('elastic', service?.environment?.ELASTIC_PASSWORD);
      return { ELASTICSEARCH_URL: `http://${who}127.0.0.1:${port}?prefix=emulsion` };
    },
  },
  cassandra: {
    services: [{ name: 'cassandra', port: 9042 }],
    urls: ([port]) => ({
      CASSANDRA_URL: `cassandra://127.0.0.1:${port}/emulsion?datacenter=datacenter1&replication=1`,
    }),
  },
  redis: {
    services: [
      { name: 'redis-queue', port: 6379 },
      { name: 'redis-cache', port: 6379 },
    ],
    urls: ([queue, cache], [queueService, cacheService]) => ({
      QUEUE_REDIS_URL: `redis://${access('', passwordOfRedis(queueService))}127.0.0.1:${queue}`,
      CACHE_REDIS_URL: `redis://${access('', passwordOfRedis(cacheService))}127.0.0.1:${cache}`,
    }),
  },
};

/** Those of the engines that Docker can run here: none, unless its engine answers and not only its client. */
export function dockerized(names: EngineName[]): EngineName[] {
  if (!existsSync(composeFile)) return [];
  const { status } = spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 });
  return status === 0 ? names.filter((name) => inCompose[name]) : [];
}

/**
 * Starts the services of these engines and resolves when compose finds them healthy. Whatever secret
 * compose.yaml asks for and the environment lacks is generated, and stays the same.
 *
 * @throws {PlainError} if compose fails.
 */
export async function startInDocker(
  names: EngineName[],
  options: { root: string; portBase: number | undefined; context: EngineContext },
): Promise<EngineUrls> {
  const { context, root } = options;
  const room = await openRoom('docker', { portOffset: 0 }, { ...options, onSpawn: () => {} });
  const text = readFileSync(composeFile, 'utf8');
  const wanted = [...text.matchAll(/\$\{(\w+):?\?/g)].map(([, name]) => name as string);
  const secrets = Object.fromEntries(
    wanted.map((name) => [name, process.env[name] || room.secret(name.toLowerCase())]),
  );
  const ports = new Map<string, number>();
  for (const name of names)
    for (const service of inCompose[name]?.services ?? [])
      ports.set(service.name, await room.port(`${service.name}_port`, ports.size));
  const services = names.flatMap((name) => inCompose[name]?.services ?? []);
  // JSON is YAML.
  const override = join(room.folder, 'ports.yaml');
  const published = services.map(({ name, port }) => [
    name,
    { ports: [{ target: port, published: String(ports.get(name)), host_ip: '127.0.0.1' }] },
  ]);
  writeFileSync(override, JSON.stringify({ services: Object.fromEntries(published) }));

  // Each data folder has its own project, so that two instances run side by side.
  const project = `emulsion-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;
  const common = ['compose', '--project-name', project, '--file', composeFile, '--file', override];
  const env = { ...process.env, ...secrets };
  const serviceNames = services.map(({ name }) => name);
  context.running.push({
    name: 'docker compose',
    deaths: () => 0,
    stop: () => docker([...common, 'stop', '--timeout', String(stopPatienceS), ...serviceNames], env),
  });
  await docker([...common, 'up', '--detach', '--wait', ...serviceNames], env, context.signal);
  const { stdout } = spawnSync('docker', [...common, 'config', '--format', 'json'], {
    env,
    encoding: 'utf8',
  });
  const config = JSON.parse(stdout) as { services: Record<string, Service> };
  const urls = names.map((name) => {
    const own = inCompose[name]?.services.map((service) => service.name) ?? [];
    return inCompose[name]?.urls(
      own.map((service) => ports.get(service) as number),
      own.map((service) => config.services[service] ?? {}),
    );
  });
  return Object.assign({}, ...urls);
}

/** Runs docker, whose words go to stderr. */
async function docker(args: string[], env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  const child = spawn('docker', args, { stdio: ['ignore', 2, 2], env, ...(signal ? { signal } : {}) });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, killedBy) => resolve(killedBy ?? exitCode));
  });
  if (code !== 0) throw new PlainError(`"docker ${args.join(' ')}" failed (${code}).`);
}
