/** What every reply says beside its body. */
import type { Response } from 'express';

/**
 * JSON is never rendered, framed or kept by a shared cache. What has an ETag may be kept by the client that
 * asked, who then asks whether it is still so.
 */
function headersOf(response: Response): Record<string, string> {
  return {
    'Cache-Control': response.hasHeader('ETag') ? 'private, no-cache' : 'private, no-store',
    'X-Content-Type-Options': 'nosniff',
  };
}

/** Sends JSON, as text or its UTF-8, with its length; Express's own `json` would serialise and hash it once more. */
export function sendJson(response: Response, status: number, text: string | Buffer): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    ...headersOf(response),
  });
  response.end(text);
}

/** Says that the client's copy is still right. */
export function sendUnchanged(response: Response): void {
  response.writeHead(304, headersOf(response));
  response.end();
}
