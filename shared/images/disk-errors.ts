/** What the file system objects to, as the port knows it. */
import { ObjectStoreError } from './index.ts';

/** True if what is missing is the file, or a folder on the way to it. */
export function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}

/** Does it; undefined if what it is about is missing. @throws {ObjectStoreError} */
export async function unlessMissing<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isMissing(error)) return undefined;
    return unavailable(error);
  }
}

/** Does it. @throws {ObjectStoreError} */
export async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    return unavailable(error);
  }
}

function unavailable(cause: unknown): never {
  if (cause instanceof ObjectStoreError) throw cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new ObjectStoreError('unavailable', `The image store failed: ${reason}`, { cause });
}
