/** What the object store adds to the MinIO client that it is made of: the same files put and got, with and without it. */

import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'minio';
import { openObjectStore } from '../../shared/images/open.ts';
import { parseS3Url } from '../../shared/images/s3/url.ts';
import { openLog } from '../../shared/log.ts';
import { inParallel } from '../seed/client.ts';
import { compare, shownSpread } from './compare.ts';
import type { Figure } from './figure.ts';

const megabyte = 1024 * 1024;

/** A rendition, an original, and an archive that goes in parts. */
const cases = [
  { name: '200 kB', bytes: 200 * 1024, files: 200, atOnce: 8 },
  { name: '5 MB', bytes: 5 * megabyte, files: 24, atOnce: 4 },
  { name: '200 MB', bytes: 200 * megabyte, files: 2, atOnce: 1 },
];

function sink(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

export const objectStore: Figure = async ({ engines, rounds, note, onStop }) => {
  const url = process.env.S3_URL;
  if (!url)
    return ['not measured: it needs an S3 endpoint, S3_URL=… as "npm run engines -- minio" prints it'];
  const { host, port, isTls, accessKey, secretKey, region, bucket } = parseS3Url(url);
  const folder = join((await engines()).folder, 'object-store');
  await mkdir(folder);
  const log = openLog('bench', 'warn');
  const store = await openObjectStore({ DATA_DIR: folder, S3_URL: url }, log);
  const client = new Client({ endPoint: host, port, useSSL: isTls, accessKey, secretKey, region });
  const prefix = `bench/${randomBytes(6).toString('hex')}/`;
  const end = async () => {
    await store.removeAll(prefix);
    await store.close();
  };
  onStop(end);

  const lines: string[] = [];
  for (const { name, bytes, files, atOnce } of cases) {
    const path = join(folder, 'file');
    const chunk = randomBytes(megabyte);
    await pipeline(function* () {
      for (let left = bytes; left > 0; left -= megabyte) yield chunk;
    }, createWriteStream(path));
    await truncate(path, bytes);

    const all = Array.from({ length: files }, (_, at) => at);
    /** Megabytes a second of doing something with every object. */
    const rate = (side: string, work: (key: string) => Promise<unknown>) => async () => {
      const startedAt = performance.now();
      await inParallel(all, atOnce, async (at) => void (await work(`${prefix}${side}/${at}.bin`)));
      return (files * bytes) / megabyte / ((performance.now() - startedAt) / 1_000);
    };
    const type = 'application/octet-stream';
    note(`${rounds + 1} rounds of ${files} files of ${name} each way, ${atOnce} at a time`);
    const put = await compare(
      rounds,
      rate('ours', (key) => store.put(key, path, type)),
      rate('theirs', (key) => client.fPutObject(bucket, key, path, { 'Content-Type': type })),
    );
    const get = await compare(
      rounds,
      rate('ours', async (key) => {
        const found = await store.get(key);
        if (!found) throw new Error(`${key} is not there`);
        await pipeline(found.stream, sink());
      }),
      rate('theirs', async (key) => pipeline(await client.getObject(bucket, key), sink())),
    );
    await store.removeAll(prefix);
    for (const [what, { ours, theirs, ratio }] of Object.entries({ put, get })) {
      lines.push(
        `${what} ${name}, ${files} files, ${atOnce} at a time`,
        `  object store       ${shownSpread(ours)} MB/s`,
        `  raw MinIO client   ${shownSpread(theirs)} MB/s`,
        `  ratio              ${shownSpread(ratio)}`,
      );
    }
  }
  await end();
  return lines;
};
