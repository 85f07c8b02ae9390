/** The engines that can be started, by name, and how some of them are. */
import { mkdirSync } from 'node:fs';
import type { EngineContext } from '../start/engines.ts';
import { cassandra } from './cassandra.ts';
import { cassandraRing } from './cassandra-ring.ts';
import { elasticsearch } from './elasticsearch.ts';
import { residentMb } from './memory.ts';
import { minio } from './minio.ts';
import { redis } from './redis.ts';
import { redisCluster } from './redis-cluster.ts';
import { redisSentinel } from './redis-sentinel.ts';
import { type EngineUrls, openRoom, type RealEngine } from './room.ts';

export const engines = {
  minio,
  elasticsearch,
  cassandra,
  redis,
  'redis-cluster': redisCluster,
  'cassandra-ring': cassandraRing,
  'redis-sentinel': redisSentinel,
} as const satisfies Record<string, RealEngine>;

export type EngineName = keyof typeof engines;

/** Those that are started when nobody names any: one for each address a large installation sets. */
export const defaultEngines: EngineName[] = ['minio', 'elasticsearch', 'cassandra', 'redis'];

/** Those that `npm run test:engines` switches on. */
export const testedEngines: EngineName[] = ['minio', 'elasticsearch', 'cassandra', 'redis-cluster'];

export type Started = {
  name: EngineName;
  urls: EngineUrls;
  tookMs: number;
  /** Its resident memory now, in MB. */
  memoryMb: () => number;
};

/**
 * Starts one engine below `root`.
 *
 * @param context.running gets its programs as soon as they run
 * @throws {PlainError} saying what is missing or what went wrong; the signal's reason, if that is aborted.
 */
export async function startEngine(
  name: EngineName,
  options: { root: string; portBase?: number | undefined; isForTests?: boolean; context: EngineContext },
): Promise<Started> {
  mkdirSync(options.root, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const engine: RealEngine = engines[name];
  const processes = new Map<string, number>();
  const room = await openRoom(name, engine, {
    ...options,
    portBase: options.portBase,
    onSpawn: (program, pid) => processes.set(program, pid),
  });
  const startedAt = performance.now();
  const urls = await engine.start(room);
  const tookMs = performance.now() - startedAt;
  return { name, urls, tookMs, memoryMb: () => residentMb([...processes.values()]) };
}
