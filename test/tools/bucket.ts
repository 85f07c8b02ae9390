/** A bucket of one's own on the S3 endpoint that the tests were given. */
import { randomBytes } from 'node:crypto';
import { Client } from 'minio';
import { parseS3Url } from '../../shared/images/s3/url.ts';

export type TestBucket = {
  name: string;
  /** Names this bucket; it need not exist yet. */
  url: string;
  /** The library as it comes, for what the store does not do. */
  client: Client;
  /** The keys of everything in it, also of what is not an object of the store. */
  keys(): Promise<string[]>;
  empty(): Promise<void>;
  /** Removes it with all that is in it, if it exists. */
  [Symbol.asyncDispose](): Promise<void>;
};

/** @param given a URL whose bucket does not matter */
export function testBucket(given: string): TestBucket {
  const { host, port, isTls, accessKey, secretKey, region } = parseS3Url(given);
  const client = new Client({ endPoint: host, port, useSSL: isTls, accessKey, secretKey, region });
  const name = `emulsion-test-${randomBytes(6).toString('hex')}`;
  const url = new URL(given);
  url.pathname = `/${name}`;
  const keys = async () => {
    const found: string[] = [];
    for await (const { name: key } of client.listObjectsV2(name, '', true)) if (key) found.push(key);
    return found.sort();
  };
  const empty = async () => {
    await client.removeObjects(name, await keys());
  };
  return {
    name,
    url: url.href,
    client,
    keys,
    empty,
    async [Symbol.asyncDispose]() {
      if (!(await client.bucketExists(name))) return;
      await empty();
      await client.removeBucket(name);
    },
  };
}
