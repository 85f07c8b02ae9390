/** Health: /healthz says that the process lives, /readyz what it can do. Neither spends a quota. */
import { type Response, Router } from 'express';
import { errors } from '../shared/errors.ts';
import { type Probe, probesOf } from '../shared/probes.ts';
import type { Tools } from '../shared/tools.ts';
import { sendJson } from './door/headers.ts';

/** A part that has not answered by then is down. */
const timeoutMs = 1_000;
/** Answers are this old at the most, so that however many poll, each engine is asked once a second. */
const freshMs = 1_000;

type State = 'ok' | 'down';

/** What a client can wait for; without the others it gets less, but gets it. */
const vital = ['postgres', 'queue'];

/** The routes /healthz and /readyz. */
export function healthRoutes(tools: Tools): Router {
  const check = openChecks(probesOf(tools));
  const router = Router();
  router.get('/healthz', (_request, response) => {
    sendJson(response, 200, JSON.stringify({ status: 'ok' }));
  });
  router.get('/readyz', async (_request, response) => {
    answer(response, await check());
  });
  return router;
}

function answer(response: Response, parts: Record<string, State>): void {
  const down = Object.keys(parts).filter((part) => parts[part] === 'down');
  if (!down.some((part) => vital.includes(part))) {
    sendJson(response, 200, JSON.stringify({ status: down.length > 0 ? 'degraded' : 'ready', parts }));
    return;
  }
  response.setHeader('Retry-After', '2');
  const code = 'SERVICE_UNAVAILABLE';
  const error = {
    code,
    message: errors[code].message,
    details: { reason: `Down: ${down.join(', ')}` },
    request_id: String(response.getHeader('X-Request-Id')),
  };
  sendJson(response, 503, JSON.stringify({ status: 'unavailable', parts, error }));
}

/** Asks all parts at once, each at most once at a time and for a bounded time, and remembers the answers for a moment. */
function openChecks(probes: Record<string, Probe>): () => Promise<Record<string, State>> {
  const running = new Map<string, Promise<State>>();
  let last: { atMs: number; states: Promise<Record<string, State>> } | undefined;

  function ask(part: string, probe: Probe): Promise<State> {
    const known = running.get(part);
    if (known) return known;
    const asked = probe().then(
      (): State => 'ok',
      (): State => 'down',
    );
    running.set(part, asked);
    void asked.finally(() => running.delete(part));
    return asked;
  }

  async function askAll(): Promise<Record<string, State>> {
    const states = await Promise.all(
      Object.entries(probes).map(async ([part, probe]) => [part, await inTime(ask(part, probe))]),
    );
    return Object.fromEntries(states) as Record<string, State>;
  }

  return () => {
    if (!last || performance.now() - last.atMs > freshMs)
      last = { atMs: performance.now(), states: askAll() };
    return last.states;
  };
}

async function inTime(asked: Promise<State>): Promise<State> {
  const late = Promise.withResolvers<State>();
  const timer = setTimeout(() => late.resolve('down'), timeoutMs);
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
