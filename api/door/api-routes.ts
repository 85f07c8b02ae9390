/** The routes as one Express router: what is found is served, the rest is refused, and all of it is counted. */
import { type NextFunction, type Request, type Response, Router } from 'express';
import { fail, shortened } from '../../shared/errors.ts';
import type { Route } from '../route.ts';
import { admit, type Door } from './admit.ts';
import { type Strictness, serve } from './serve.ts';

/** The router. Its errors are left to whoever mounts it. */
export function apiRoutes(routes: readonly Route[], door: Door, strictness: Strictness): Router {
  const router = Router({ caseSensitive: true });
  for (const spec of routes) {
    router[spec.method](spec.path.replace(/\{([^}]+)\}/g, ':$1'), (request: Request, response: Response) =>
      serve(spec, door, strictness, request, response),
    );
  }
  const methodsAt = openMethods(routes);
  router.use(async (request: Request, response: Response) => {
    await admit(door, request, response);
    answerUnrouted(methodsAt(request.path), request, response);
  });
  router.use(async (error: unknown, request: Request, response: Response, _next: NextFunction) => {
    // A path that cannot be decoded fails before any route has seen it.
    if (!response.hasHeader('X-RateLimit-Limit')) await admit(door, request, response);
    throw error;
  });
  return router;
}

/** The methods each path has, to tell an unknown path from a method it does not have. */
function openMethods(routes: readonly Route[]): (path: string) => string[] {
  const byPath = Map.groupBy(routes, (spec) => spec.path as string);
  const patterns = [...byPath].map(([path, specs]) => ({
    matches: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}/?$`),
    methods: specs.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])),
  }));
  return (path) => patterns.filter(({ matches }) => matches.test(path)).flatMap(({ methods }) => methods);
}

function answerUnrouted(methods: string[], request: Request, response: Response): void {
  if (methods.length === 0) {
    fail('NOT_FOUND', { field: 'path', reason: `There is no ${shortened(request.path)}` });
  }
  if (request.method === 'OPTIONS') {
    response.setHeader('Allow', [...methods, 'OPTIONS'].join(', '));
    response.status(204).end();
    return;
  }
  const allowed = methods.join(', ');
  response.setHeader('Allow', allowed);
  fail('METHOD_NOT_ALLOWED', { field: 'method', reason: `${shortened(request.path)} takes ${allowed}` });
}
