/** The routes of the API: what is found is served, the rest is refused, and all of it is counted. */
import type { NextFunction, Request, Response } from 'express';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { fail, shortened } from '../../shared/errors.ts';
import type { Route } from '../route.ts';
import { admit, type Door } from './admit.ts';
import { type Strictness, serve } from './serve.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** What is served beside the API, which can only be read. */
const beside = /^\/(?:healthz|readyz|metrics|(?:p|stories|avatars)\/[^/]+\/[^/]+\.jpg|exports\/[^/]+\.zip)$/;

/** A path may be as long as Node lets a request line be; an id that long is simply not found. */
const maxParamLength = 20_000;

export type ApiRoutes = {
  /** Serves the request if there is a route for it, and passes it on if there is none. */
  found(request: Request, response: Response, next: NextFunction): Promise<void> | void;
  /** Refuses the request: there is no such path, or it does not take this method. */
  unrouted(request: Request, response: Response): Promise<void>;
};

/**
 * The routes as middleware. They are looked up in a radix tree, which Express's own router is not: it tries one
 * route after the other, and those at the end of a long table would be served more slowly.
 */
export function apiRoutes(routes: readonly Route[], door: Door, strictness: Strictness): ApiRoutes {
  const router = findMyWay({ ignoreTrailingSlash: true, maxParamLength });
  for (const spec of routes) {
    const method = spec.method.toUpperCase() as HTTPMethod;
    router.on(method === 'GET' ? ['GET', 'HEAD'] : method, patternOf(spec), unused, spec);
  }
  keepWordsFromIds(router, routes);
  const methodsAt = (path: string): string[] =>
    beside.test(path) ? ['GET', 'HEAD'] : methods.filter((method) => router.find(method, path)?.store);

  return {
    found(request, response, next) {
      const match = router.find(request.method as HTTPMethod, request.path);
      if (!match?.store) return next();
      const spec = match.store as Route;
      request.params = match.params as Request['params'];
      request.route = spec;
      return serve(spec, door, strictness, request, response);
    },
    async unrouted(request, response) {
      await admit(door, request, response);
      // Throws for a path that cannot be decoded, which is something else than one that leads nowhere.
      decodeURIComponent(request.path);
      answerUnrouted(methodsAt(request.path), request, response);
    },
  };
}

/** The path as the tree wants it. */
function patternOf({ path }: Route): string {
  return path.replace(/\{([^}]+)\}/g, ':$1');
}

/**
 * Where a word stands in the place of an id, as in `/v1/posts/nearby`, it is no id for the other methods either: they
 * are not allowed there. `me` is one, the caller's.
 */
function keepWordsFromIds(router: ReturnType<typeof findMyWay>, routes: readonly Route[]): void {
  for (const pattern of new Set(routes.map(patternOf))) {
    if (/\/me(?:\/|$)/.test(pattern)) continue;
    for (const method of methods) {
      const match = router.find(method, pattern);
      if (match?.store && patternOf(match.store as Route) !== pattern)
        router.on(method, pattern, unused, undefined);
    }
  }
}

/** The tree wants a function for each route; only what is stored beside it is asked for. */
function unused(): void {}

function answerUnrouted(allowedMethods: string[], request: Request, response: Response): void {
  if (allowedMethods.length === 0) {
    fail('NOT_FOUND', { field: 'path', reason: `There is no ${shortened(request.path)}` });
  }
  if (request.method === 'OPTIONS') {
    response.setHeader('Allow', [...allowedMethods, 'OPTIONS'].join(', '));
    response.status(204).end();
    return;
  }
  const allowed = allowedMethods.join(', ');
  response.setHeader('Allow', allowed);
  fail('METHOD_NOT_ALLOWED', { field: 'method', reason: `${shortened(request.path)} takes ${allowed}` });
}
