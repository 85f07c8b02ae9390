/** Files on their way into a bucket, read as they are sent: what is in memory does not depend on their size. */
import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { finished, pipeline } from 'node:stream/promises';
import type { Client } from 'minio';
import { retried } from './errors.ts';

const megabyte = 1024 * 1024;

/** Up to this size one request does it. */
const maxSingleBytes = 32 * megabyte;
/** A part of a larger one; what breaks costs one part. S3 wants 5 MiB at least. */
const leastPartBytes = 16 * megabyte;
/** S3's limit. */
const maxParts = 10_000;
const partsAtOnce = 3;

/** Large reads hash a file of 10 MB in a third of the time of small ones. */
const readBytes = 256 * 1024;

type Target = { client: Client; bucket: string; key: string };
type Headers = Record<string, string>;
/** The first and the last byte of the file; undefined for an empty one. */
type Section = { start: number; end: number } | undefined;

/**
 * Sends a file, which must not change meanwhile. The object is there as a whole or, if this throws, not at all;
 * parts that were sent are removed.
 *
 * @param headers content type and metadata of the object
 * @throws what the file system or the endpoint objects to.
 */
export async function upload(target: Target, path: string, headers: Headers): Promise<void> {
  const { size } = await stat(path);
  if (size > maxSingleBytes) return await uploadParts(target, path, size, headers);
  await send(target, path, size > 0 ? { start: 0, end: size - 1 } : undefined, { headers });
}

/** Sends a section of the file, again if need be. @returns the headers of the answer. */
async function send(
  { client, bucket, key }: Target,
  path: string,
  section: Section,
  { headers = {}, query, sending }: { headers?: Headers; query?: string; sending?: Set<ReadStream> },
): Promise<IncomingHttpHeaders> {
  // Too few bytes would be waited for at the other end.
  if (section && (await stat(path)).size <= section.end) throw new Error(`${path} has become shorter`);
  // Over TLS the bytes are protected on their way; else their hash is signed, so they are read twice.
  const sha256 = client.enableSHA256 ? await sha256Of(path, section) : '';
  const size = section ? section.end - section.start + 1 : 0;
  return await retried(async () => {
    const body = section && createReadStream(path, { ...section, highWaterMark: readBytes });
    if (body) sending?.add(body);
    try {
      const response = await client.makeRequestStreamAsync(
        {
          method: 'PUT',
          bucketName: bucket,
          objectName: key,
          headers: { ...headers, 'Content-Length': size },
          ...(query && { query }),
        },
        body ?? '',
        sha256,
        [200],
        '',
      );
      await finished(response.resume());
      return response.headers;
    } finally {
      if (body) sending?.delete(body);
      body?.destroy();
    }
  });
}

async function sha256Of(path: string, section: Section): Promise<string> {
  const hash = createHash('sha256');
  if (section) await pipeline(createReadStream(path, { ...section, highWaterMark: readBytes }), hash);
  return hash.digest('hex');
}

async function uploadParts(target: Target, path: string, size: number, headers: Headers): Promise<void> {
  const { client, bucket, key } = target;
  const partBytes = Math.max(leastPartBytes, Math.ceil(size / maxParts));
  const parts = Math.ceil(size / partBytes);
  // Begun twice, it would leave one behind; completed twice, the second time fails: neither is repeated.
  const uploadId = await client.initiateNewMultipartUpload(bucket, key, headers);
  const etags: { part: number; etag: string }[] = [];
  const sending = new Set<ReadStream>();
  let next = 1;

  async function lane(): Promise<void> {
    while (next <= parts) {
      const part = next;
      next += 1;
      const start = (part - 1) * partBytes;
      const section = { start, end: Math.min(start + partBytes, size) - 1 };
      const query = `partNumber=${part}&uploadId=${encodeURIComponent(uploadId)}`;
      const { etag = '' } = await send(target, path, section, { query, sending });
      etags[part - 1] = { part, etag };
    }
  }

  const lanes = Array.from({ length: partsAtOnce }, lane);
  try {
    await Promise.all(lanes);
    await client.completeMultipartUpload(bucket, key, uploadId, etags);
  } catch (error) {
    next = parts + 1;
    for (const body of sending) body.destroy(new Error('another part failed'));
    // A part that arrives after the upload was given up would stay.
    await Promise.allSettled(lanes);
    await client.abortMultipartUpload(bucket, key, uploadId).catch(() => {});
    throw error;
  }
}
