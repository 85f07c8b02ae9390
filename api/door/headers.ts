/** What every JSON reply says beside its body. */
import type { Response } from 'express';

/** JSON is never rendered, framed or kept by a shared cache. */
const fixed = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'private, no-store',
  'X-Content-Type-Options': 'nosniff',
};

/** Sends JSON text with its length; Express's own `json` would serialise and hash it once more. */
export function sendJson(response: Response, status: number, text: string): void {
  response.writeHead(status, { ...fixed, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
