/** Keeps other sites from acting in the name of a browser that is signed in. */
import type { NextFunction, Request, Response } from 'express';
import { fail } from '../../shared/errors.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * True if a browser says that the request comes from another site. A request with neither header comes from
 * no browser, and nothing but a browser sends a cookie without being told to. The steps are those of Go's
 * http.CrossOriginProtection (https://pkg.go.dev/net/http#CrossOriginProtection).
 */
export function isCrossOrigin(request: Request): boolean {
  if (safeMethods.has(request.method)) return false;
  const site = request.get('Sec-Fetch-Site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const origin = request.get('Origin');
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.get('Host');
}

/**
 * Middleware.
 *
 * @throws {Failure} FORBIDDEN for a write that another site caused.
 */
export function refuseCrossOrigin(request: Request, _response: Response, next: NextFunction): void {
  if (isCrossOrigin(request)) {
    fail('FORBIDDEN', { field: 'Origin', reason: 'This request comes from another site' });
  }
  next();
}
