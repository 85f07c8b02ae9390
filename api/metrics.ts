/** Metrics: what this process counts about requests, and /metrics, where Prometheus reads it with the state of the queues. */
import { Router } from 'express';
import { collectDefaultMetrics, Histogram, Registry, register } from 'prom-client';
import { fail } from '../shared/errors.ts';
import { publishedMetrics } from '../shared/process-metrics.ts';
import type { Tools } from '../shared/tools.ts';
import { bearerOf } from './door/admit.ts';
import { isSecret } from './door/is-secret.ts';
import { openGauges } from './metrics/gauges.ts';

const requestSeconds = new Histogram({
  name: 'emulsion_http_request_seconds',
  help: 'How long requests took, from the first byte in to the last byte out.',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
});

/** Each combination of labels costs a dozen lines of every scrape, so nothing a client makes up becomes a label. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const maxRoutes = 300;
const seenRoutes = new Set<string>();

/**
 * Counts one request.
 *
 * @param route the pattern it matched, not its path
 */
export function countRequest(method: string, route: string, status: number, seconds: number): void {
  if (seenRoutes.size < maxRoutes) seenRoutes.add(route);
  requestSeconds.observe(
    {
      method: methods.has(method) ? method : 'other',
      route: seenRoutes.has(route) ? route : 'other',
      status: String(status),
    },
    seconds,
  );
}

let countsProcess = false;

/** The route /metrics; there is none without METRICS_TOKEN. */
export function metricsRoute(tools: Tools): Router {
  const router = Router();
  const token = tools.config.METRICS_TOKEN;
  if (!token) {
    router.get('/metrics', () => fail('NOT_FOUND', { field: 'path', reason: 'There is no /metrics' }));
    return router;
  }
  // The process is the same however many servers a test starts in it.
  if (!countsProcess) collectDefaultMetrics({ prefix: 'emulsion_' });
  countsProcess = true;
  const gauges = openGauges(tools);

  router.get('/metrics', async (request, response) => {
    if (!isSecret(bearerOf(request), token)) {
      fail('UNAUTHORIZED', { field: 'Authorization', reason: 'Send METRICS_TOKEN as bearer token' });
    }
    await gauges.refresh();
    // Without Redis the numbers of the workers are missing, as the gauges say; those of this process are not.
    const workers = await publishedMetrics(tools.cache).catch(() => new Registry());
    const text = await Registry.merge([register, gauges.registry, workers]).metrics();
    response.set('Cache-Control', 'no-store').type(register.contentType).send(text);
  });
  return router;
}
