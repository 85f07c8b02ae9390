/** Where the adapters of the object store are chosen. */
import { join } from 'node:path';
import type { EngineMigration } from '../environment.ts';
import type { Log } from '../log.ts';
import type { ObjectStore } from './index.ts';

/**
 * Opens the object store: a bucket if `S3_URL` is set, else a folder; both while data moves. It has to be closed.
 *
 * @throws {ObjectStoreError} `unavailable` if it cannot be used; not for an endpoint that is away, which is waited for.
 */
export async function openObjectStore(
  {
    DATA_DIR,
    S3_URL,
    ENGINE_MIGRATION,
  }: { DATA_DIR: string; S3_URL?: string | undefined; ENGINE_MIGRATION?: EngineMigration },
  log: Log,
): Promise<ObjectStore> {
  if (S3_URL && ENGINE_MIGRATION) {
    const { openBothStores } = await import('./both.ts');
    const folder = { name: 'the folder below DATA_DIR', store: await openObjectStore({ DATA_DIR }, log) };
    const bucket = { name: 'the bucket of S3_URL', store: await openObjectStore({ DATA_DIR, S3_URL }, log) };
    return ENGINE_MIGRATION === 'to-engines'
      ? openBothStores(folder, bucket)
      : openBothStores(bucket, folder);
  }
  if (S3_URL) {
    const { openS3Store } = await import('./s3.ts');
    return openS3Store(S3_URL, join(DATA_DIR, 'downloads'), log);
  }
  const { openDiskStore } = await import('./disk.ts');
  return openDiskStore(join(DATA_DIR, 'images'));
}
