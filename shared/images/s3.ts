/**
 * Objects in a bucket of MinIO, or of anything else that speaks S3. Keys are the port's keys; nothing but a probe
 * lies beside them.
 *
 * S3's own etag is a hash of the content, the same for two puts of the same bytes, and the time of a put has no
 * fractions. So each put gives its object a random id as metadata: it comes with the object in one answer, every
 * process sees the same one, and it is the etag.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Client } from 'minio';
import type { Log } from '../log.ts';
import { openScratchFolder } from '../scratch-folder.ts';
import {
  type ByteRange,
  contentTypeOf,
  type ObjectInfo,
  type ObjectStore,
  ObjectStoreError,
} from './index.ts';
import { isKey, partsOfKey, partsOfPrefix, refuseOtherType } from './object-keys.ts';
import { ensureBucket, probeKey, removeStaleUploads, warnIfPublic } from './s3/bucket.ts';
import { asStoreError, isMissing, isRefusal, retried } from './s3/errors.ts';
import { objectStream } from './s3/object-stream.ts';
import { openTransport } from './s3/transport.ts';
import { upload } from './s3/upload.ts';
import { parseS3Url } from './s3/url.ts';

const putIdHeader = 'x-amz-meta-put-id';
const pageLength = 1_000;

/**
 * Opens the store in the bucket that the URL names, making it if need be. Several processes may have the same one
 * open. An endpoint that is away is waited for: what needs it fails until it is there.
 *
 * @param url as `parseS3Url` describes it
 * @param downloads a folder of ours for copies that code wants as local files
 * @throws {ObjectStoreError} `unavailable` if the endpoint refuses us, or lets us not write.
 * @throws {S3UrlError}
 */
export async function openS3Store(url: string, downloads: string, log: Log): Promise<ObjectStore> {
  const { host, port, isTls, bucket, region, accessKey, secretKey } = parseS3Url(url);
  const transport = openTransport(isTls);
  const endpoint = { endPoint: host, port, useSSL: isTls, region, ...transport.options };
  const client = new Client({ ...endpoint, accessKey, secretKey });

  let isReady = false;
  let readying: Promise<void> | undefined;

  /** Resolves once the bucket is known to be there, which is asked until it is. */
  async function ready(): Promise<void> {
    if (isReady) return;
    readying ??= setUp().finally(() => {
      readying = undefined;
    });
    await readying;
  }

  async function setUp(): Promise<void> {
    await ensureBucket(client, bucket, region);
    await probe();
    isReady = true;
    void warnIfPublic(client, new Client(endpoint), bucket, log).catch(() => {});
    void removeStaleUploads(client, bucket).catch(() => {});
  }

  /** Writes and reads, as reading alone says nothing of a full disk. There is only ever one such object. */
  async function probe(): Promise<void> {
    await retried(() => client.putObject(bucket, probeKey, 'probe'));
    const response = await ask('GET', probeKey);
    for await (const _ of objectStream(response));
  }

  function ask(method: 'GET' | 'HEAD', key: string, range?: ByteRange): Promise<IncomingMessage> {
    const headers = range ? { Range: `bytes=${range.start}-${range.end}` } : {};
    return retried(() =>
      client.makeRequestAsync({ method, bucketName: bucket, objectName: key, headers }, '', [200, 206]),
    );
  }

  async function stat(key: string): Promise<ObjectInfo | undefined> {
    try {
      const response = await ask('HEAD', key);
      response.resume();
      return infoOf(key, response.headers);
    } catch (error) {
      if (!isMissing(error)) throw error;
      // Of a bucket that is gone nothing can be said, least of all that the object never was.
      if (await retried(() => client.bucketExists(bucket))) return undefined;
      throw new ObjectStoreError('unavailable', `The bucket ${bucket} is gone`);
    }
  }

  async function get(key: string, range?: ByteRange) {
    if (range && !(range.start >= 0 && range.start <= range.end)) {
      if (!(await stat(key))) return undefined;
      throw new ObjectStoreError('range', `There is no byte ${range.start} to ${range.end}`);
    }
    try {
      const response = await ask('GET', key, range);
      return { ...infoOf(key, response.headers), stream: objectStream(response) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  const store: ObjectStore = {
    async put(key, path, contentType) {
      partsOfKey(key);
      refuseOtherType(key, contentType);
      await guarded(async () => {
        await ready();
        const putId = randomBytes(12).toString('base64url');
        await upload({ client, bucket, key }, path, { 'Content-Type': contentType, [putIdHeader]: putId });
      });
    },

    async get(key, range) {
      partsOfKey(key);
      return await guarded(async () => {
        await ready();
        return await get(key, range);
      });
    },

    async stat(key) {
      partsOfKey(key);
      return await guarded(async () => {
        await ready();
        return await stat(key);
      });
    },

    async remove(key) {
      partsOfKey(key);
      await guarded(async () => {
        await ready();
        await retried(() => client.removeObject(bucket, key)).catch((error: unknown) => {
          if (!isMissing(error)) throw error;
        });
      });
    },

    async removeAll(prefix) {
      partsOfPrefix(prefix);
      await guarded(async () => {
        await ready();
        for (let from = ''; ; ) {
          const page = await retried(() =>
            client.listObjectsV2Query(bucket, prefix, from, '', pageLength, ''),
          );
          const keys = page.objects.map(({ name }) => name).filter((name) => name !== undefined);
          if (keys.length > 0) await removeMany(keys);
          if (!page.isTruncated) return;
          from = page.nextContinuationToken;
        }
      });
    },

    async *list(afterKey = '') {
      for (let from = ''; ; ) {
        const page = await guarded(async () => {
          await ready();
          return await retried(() =>
            client.listObjectsV2Query(bucket, '', from, '', pageLength, from ? '' : afterKey),
          );
        });
        for (const { name = '', size } of page.objects) {
          // The probe, and what others put here.
          if (isKey(name)) yield { key: name, sizeBytes: size };
        }
        if (!page.isTruncated) return;
        from = page.nextContinuationToken;
      }
    },

    async withFile(key, use) {
      partsOfKey(key);
      const path = join(downloads, `${randomUUID()}${extname(key)}`);
      try {
        await guarded(async () => {
          await ready();
          const found = await get(key);
          if (!found) throw new ObjectStoreError('missing', `There is no object ${key}`);
          await pipeline(found.stream, createWriteStream(path, { flags: 'wx' }));
        });
        return await use(path);
      } finally {
        await rm(path, { force: true });
      }
    },

    async check() {
      await guarded(async () => {
        await ready();
        await probe();
      });
    },

    async close() {
      transport.close();
    },
    [Symbol.asyncDispose]: () => store.close(),
  };

  async function removeMany(keys: string[]): Promise<void> {
    const failed = await retried(() => client.removeObjects(bucket, keys));
    const [first] = failed.filter((one) => !isMissing(one?.Error ?? one));
    if (first) throw first;
  }

  await openScratchFolder(downloads).catch((error: unknown) => {
    throw asStoreError(error);
  });
  try {
    await ready();
  } catch (error) {
    if (isRefusal(error)) {
      transport.close();
      const { message } = asStoreError(error);
      throw new ObjectStoreError('unavailable', `${message} (the bucket ${bucket} of S3_URL)`, {
        cause: error,
      });
    }
    log.warn({ err: error, bucket }, 'the image store is away; what needs it waits');
  }
  return store;
}

function infoOf(key: string, headers: IncomingHttpHeaders): ObjectInfo {
  const lastModified = new Date(headers['last-modified'] ?? 0);
  const putId = String(headers[putIdHeader] ?? '');
  const etag = /^[\w-]+$/.test(putId)
    ? putId
    : // What others put here has S3's etag only.
      `${String(headers.etag).replaceAll('"', '')}-${lastModified.getTime().toString(36)}`;
  const whole = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  return {
    sizeBytes: Number(whole ?? headers['content-length']),
    etag: `"${etag}"`,
    lastModified,
    contentType: contentTypeOf(key),
  };
}

async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw asStoreError(error);
  }
}
