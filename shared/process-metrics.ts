/**
 * Metrics of processes that have no door of their own: each worker leaves its numbers in Redis, and whichever
 * API process Prometheus asks adds them up.
 */
import { AggregatorRegistry, type Registry } from 'prom-client';
import { keys } from './keys.ts';
import type { Log } from './log.ts';
import type { Redis } from './redis/index.ts';

const publishEveryMs = 5_000;
/** Numbers of a process that was not heard of for so long are left out. */
const lifetimeMs = 20_000;

type Published = { atMs: number; metrics: object[] };

/**
 * Publishes a registry every 5 s.
 *
 * @param name tells this process from all others
 * @returns a function that ends it.
 */
export function publishMetrics(
  cache: Redis,
  name: string,
  registry: Registry,
  log: Log,
): () => Promise<void> {
  async function publish() {
    const published: Published = { atMs: Date.now(), metrics: await registry.getMetricsAsJSON() };
    await cache.hset(keys.metrics, name, JSON.stringify(published));
  }
  const timer = setInterval(() => {
    publish().catch((error: Error) => log.debug({ error: error.message }, 'metrics were not published'));
  }, publishEveryMs).unref();
  return async () => {
    clearInterval(timer);
    await cache.hdel(keys.metrics, name).catch(() => {});
  };
}

/** The sum of what living processes published last. */
export async function publishedMetrics(cache: Redis): Promise<Registry> {
  const all = await cache.hgetall(keys.metrics);
  const living: object[][] = [];
  for (const [name, text] of Object.entries(all)) {
    const { atMs, metrics } = JSON.parse(text) as Published;
    if (atMs > Date.now() - lifetimeMs) living.push(metrics);
    else await cache.hdel(keys.metrics, name);
  }
  return AggregatorRegistry.aggregate(living);
}
