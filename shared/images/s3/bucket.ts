/** The bucket: there before it is used, writable, and private. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'minio';
import type { Log } from '../../log.ts';
import { codeOf, isMissing, retried } from './errors.ts';

/** No key of the port begins with a dot, so this is nobody's object. */
export const probeKey = '.emulsion/probe';

/** When several processes make one bucket at once, some are told to wait. */
const makeAttempts = 5;
const makePauseMs = 200;
const alreadyMade = ['BucketAlreadyOwnedByYou', 'BucketAlreadyExists', 'OperationAborted'];

/** An upload takes minutes; its parts, if its process was killed, would stay for ever. */
const staleUploadMs = 24 * 60 * 60_000;

/**
 * Makes the bucket unless there is one.
 *
 * @throws whatever the endpoint objects to; not if it is there and we may not ask or make.
 */
export async function ensureBucket(client: Client, bucket: string, region: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (await retried(() => client.bucketExists(bucket))) return;
      return await client.makeBucket(bucket, region);
    } catch (error) {
      const code = codeOf(error);
      // Keys that may use the bucket may not be allowed to ask after it: the probe tells.
      if (code === 'AccessDenied') return;
      if (!code || !alreadyMade.includes(code) || attempt === makeAttempts) throw error;
      await sleep(makePauseMs);
    }
  }
}

/** Says in the log, with what to type, if the bucket is not private (decision 14). */
export async function warnIfPublic(
  client: Client,
  anonymous: Client,
  bucket: string,
  log: Log,
): Promise<void> {
  const isReadable = await mayEverybody(() => anonymous.statObject(bucket, probeKey));
  const isListable = await mayEverybody(() => anonymous.listObjectsV2Query(bucket, '', '', '', 1, ''));
  const policy = await client.getBucketPolicy(bucket).catch(() => '');
  if (!isReadable && !isListable && !allowsEverybody(policy)) return;
  log.warn(
    { bucket },
    `anybody can read the bucket ${bucket}, images of private accounts included. Type, for MinIO: mc anonymous set none ALIAS/${bucket} ; for AWS: aws s3api put-public-access-block --bucket ${bucket} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true`,
  );
}

async function mayEverybody(ask: () => Promise<unknown>): Promise<boolean> {
  return await ask().then(
    () => true,
    () => false,
  );
}

/** True if the policy grants anything to everybody, such as reading below a prefix. */
function allowsEverybody(policy: string): boolean {
  type Statement = { Effect?: string; Principal?: string | { AWS?: string | string[] } };
  if (!policy) return false;
  const { Statement: given = [] } = JSON.parse(policy) as { Statement?: Statement | Statement[] };
  return [given].flat().some(({ Effect, Principal }) => {
    const principals = typeof Principal === 'object' ? [Principal.AWS].flat() : [Principal];
    return Effect === 'Allow' && principals.includes('*');
  });
}

/** Removes the parts of uploads that were begun more than a day ago. MinIO does so itself, and lists none. */
export async function removeStaleUploads(client: Client, bucket: string): Promise<void> {
  for (let keyMarker = '', idMarker = ''; ; ) {
    const page = await client.listIncompleteUploadsQuery(bucket, '', keyMarker, idMarker, '');
    for (const { key, uploadId, initiated } of page.uploads) {
      if (Date.now() - initiated.getTime() < staleUploadMs) continue;
      await client.abortMultipartUpload(bucket, key, uploadId).catch((error: unknown) => {
        if (!isMissing(error) && codeOf(error) !== 'NoSuchUpload') throw error;
      });
    }
    if (!page.isTruncated) return;
    keyMarker = page.nextKeyMarker;
    idMarker = page.nextUploadIdMarker;
  }
}
