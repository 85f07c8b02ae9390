/** The HTTP server: the middleware, in order, on one screen. */
import http from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import { newId } from '../shared/ids.ts';
import { withRequestId } from '../shared/request-context.ts';
import { openScratchFolder } from '../shared/scratch-folder.ts';
import type { Tools } from '../shared/tools.ts';
import { adminPages } from './admin.ts';
import { docsPages } from './docs.ts';
import type { Door } from './door/admit.ts';
import { answerError } from './door/answer-error.ts';
import { answerGarbage } from './door/answer-garbage.ts';
import { apiRoutes } from './door/api-routes.ts';
import type { Strictness } from './door/serve.ts';
import { openTokens } from './door/tokens.ts';
import { openViewers } from './door/viewers.ts';
import { exportRoutes } from './exports.ts';
import { healthRoutes } from './health.ts';
import { imageRoutes } from './images.ts';
import { attachLive, isWebSocketUpgrade } from './live.ts';
import { countRequest, metricsRoute } from './metrics.ts';
import { resetPasswordPage } from './reset-password.ts';
import type { Route } from './route.ts';
import { routes as allRoutes } from './routes/index.ts';

export type RunningApi = { port: number; server: http.Server; stop(): Promise<void> };

export type ServerOptions = Partial<Strictness> & {
  /** The routes to serve; tests add their own. */
  routes?: readonly Route[];
};

/** Starts the API on the configured host and port (0: any free one). */
export async function startServer(tools: Tools, options: ServerOptions = {}): Promise<RunningApi> {
  const { config, log } = tools;
  const routes = options.routes ?? allRoutes;
  const strictness = { checkReplies: options.checkReplies ?? false };
  const door: Door = { tools, tokens: openTokens(config.AUTH_SECRET), viewers: await openViewers(tools) };
  await openScratchFolder(`${config.DATA_DIR}/uploads`);

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', config.TRUST_PROXY);

  const api = apiRoutes(routes, door, strictness);
  app.use(nameRequest(tools));
  app.use(api.found);
  app.use(imageRoutes(tools));
  app.use(exportRoutes(tools));
  app.use(healthRoutes(tools));
  app.use(metricsRoute(tools));
  app.use(docsPages(routes, config));
  app.use(adminPages(tools));
  app.use(resetPasswordPage());
  app.use(api.unrouted);
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    answerError(response, error, String(response.getHeader('X-Request-Id')), log);
  });

  const server = http.createServer({ shouldUpgradeCallback: isWebSocketUpgrade }, app);
  answerGarbage(server, tools);
  const live = attachLive(server, door);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.PORT, config.HOST, resolve);
  });
  const { port } = server.address() as { port: number };
  log.info({ host: config.HOST, port }, 'api ready');

  return {
    port,
    server,
    async stop() {
      await live.close();
      door.viewers.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // What is still under way may end; what hangs is cut.
      const cut = setTimeout(() => server.closeAllConnections(), 8_000);
      await closed;
      clearTimeout(cut);
    },
  };
}

/** Gives the request its id, which every log line, event and job of it carries, and logs how it ended. */
function nameRequest({ log }: Tools) {
  // There is nothing secret in these lines, and looking for it takes as long as writing them.
  const requests = log.child({}, { redact: [] });
  return (request: Request, response: Response, next: NextFunction): void => {
    const requestId = newId('req');
    const started = performance.now();
    response.setHeader('X-Request-Id', requestId);
    withRequestId(requestId, () => {
      response.once('close', () => {
        const ms = performance.now() - started;
        const { method } = request;
        const route = request.route?.path ?? 'other';
        countRequest(method, String(route), response.statusCode, ms / 1_000);
        requests.info(
          {
            request_id: requestId,
            method,
            path: request.path,
            status: response.statusCode,
            ms: Math.round(ms),
            ...(response.writableFinished ? {} : { aborted: true }),
          },
          'request',
        );
      });
      next();
    });
  };
}
