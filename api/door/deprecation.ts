/** What a route that will go says of that, with every answer. */
import type { Response } from 'express';
import type { Deprecation } from '../route.ts';

/**
 * Sets the headers: Deprecation (RFC 9745, a structured-field date), Sunset (RFC 8594, an HTTP date), and a Link to
 * the successor, in which the parameters that it shares with the route are filled in.
 *
 * @param params of the path of the request, decoded
 */
export function announceDeprecation(
  { since, sunset, successor }: Deprecation,
  params: Record<string, unknown>,
  response: Response,
): void {
  const target = successor.replace(/\{([^}]+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name] ?? '')),
  );
  response.setHeader('Deprecation', `@${Math.floor(Date.parse(since) / 1_000)}`);
  response.setHeader('Sunset', new Date(sunset).toUTCString());
  response.setHeader('Link', `<${target}>; rel="successor-version"`);
}
