/** Sends an object of the store as HTTP wants it: whole or a range, or nothing if the client has it already. */
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { ByteRange, ObjectInfo, ObjectStore } from '../../shared/images/index.ts';

/**
 * Answers the request with the object (RFC 9110, sections 13 and 14).
 *
 * @param more headers beside the usual ones, or in their place
 * @returns false, having answered nothing, if there is no such object.
 * @throws {ObjectStoreError} if the store fails before anything was sent; later the connection is cut.
 */
export async function sendObject(
  request: Request,
  response: Response,
  store: ObjectStore,
  key: string,
  cacheControl: string,
  more: Record<string, string> = {},
): Promise<boolean> {
  // Only what depends on the object's size or version has to ask before it opens.
  let range: ByteRange | undefined;
  if (request.method === 'HEAD' || isConditional(request)) {
    const info = await store.stat(key);
    if (!info) return false;
    const headers = { ...headersOf(info, cacheControl), ...more };
    if (isKnown(request, info)) {
      response.writeHead(304, headers).end();
      return true;
    }
    if (request.method === 'HEAD') {
      response.writeHead(200, { ...headers, 'Content-Length': info.sizeBytes }).end();
      return true;
    }
    const asked = rangeOf(request, info);
    if (asked === 'unsatisfiable') {
      response
        .writeHead(416, {
          'Content-Range': `bytes */${info.sizeBytes}`,
          'Cache-Control': 'no-store',
          'Content-Length': 0,
        })
        .end();
      return true;
    }
    range = asked;
  }
  const found = await store.get(key, range);
  if (!found) return false;
  const { sizeBytes } = found;
  const headers = { ...headersOf(found, cacheControl), ...more };
  if (range) {
    const end = Math.min(range.end, sizeBytes - 1);
    response.writeHead(206, {
      ...headers,
      'Content-Range': `bytes ${range.start}-${end}/${sizeBytes}`,
      'Content-Length': end - range.start + 1,
    });
  } else {
    response.writeHead(200, { ...headers, 'Content-Length': sizeBytes });
  }
  try {
    await pipeline(found.stream, response);
  } catch (error) {
    // A client that goes away is no error of ours.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
  return true;
}

function headersOf({ etag, lastModified, contentType }: ObjectInfo, cacheControl: string) {
  return {
    'Content-Type': contentType,
    'Cache-Control': cacheControl,
    ETag: etag,
    'Last-Modified': lastModified.toUTCString(),
    'Accept-Ranges': 'bytes',
    // Pages of any site may show it; none may take it for anything but an image.
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'X-Content-Type-Options': 'nosniff',
  };
}

function isConditional({ headers }: Request): boolean {
  return (
    headers.range !== undefined ||
    headers['if-none-match'] !== undefined ||
    headers['if-modified-since'] !== undefined
  );
}

/** True if the client's copy is this object: by its ETag, or by its date if it names none. */
function isKnown({ headers }: Request, { etag, lastModified }: ObjectInfo): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return tags.trim() === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
  }
  return wholeSeconds(lastModified) <= Date.parse(headers['if-modified-since'] ?? '');
}

/** The one range that was asked for. Several at once, or what is no range, get the whole. */
function rangeOf(request: Request, { sizeBytes, etag, lastModified }: ObjectInfo) {
  const condition = request.headers['if-range'];
  const isStale =
    condition !== undefined &&
    condition !== etag &&
    Date.parse(String(condition)) !== wholeSeconds(lastModified);
  if (isStale) return undefined;
  // Of an end longer than all there is, the whole is asked for (14.1.2), which Express would refuse.
  const suffix = /^bytes=-(\d+)$/.exec(request.headers.range ?? '')?.[1];
  if (Number(suffix) > sizeBytes) return { start: 0, end: sizeBytes - 1 };
  const ranges = request.range(sizeBytes);
  if (ranges === -1) return 'unsatisfiable' as const;
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1)
    return undefined;
  return ranges[0];
}

/** HTTP's dates have no fractions. */
function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1_000) * 1_000;
}
