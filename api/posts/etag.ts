/** The ETag of a post: `"v{version}-{hash}"`. Edits compare the version, reads the whole. */
import { createHash } from 'node:crypto';
import { fail } from '../../shared/errors.ts';
import type { Post } from '../../shared/posts/schema.ts';

/** The ETag of a post as one viewer sees it, quotes included. */
export function etagOf(post: Post): string {
  const hash = createHash('sha1').update(JSON.stringify(post)).digest('base64url').slice(0, 12);
  return `"v${post.version}-${hash}"`;
}

/**
 * Refuses an edit of a version the caller has not seen. A like changes the hash, not the version, so it
 * refuses nothing.
 *
 * @param ifMatch the request's If-Match; undefined or `*` match every version
 * @throws {Failure} INVALID_INPUT if it is no ETag of a post; CONFLICT if the post has moved on.
 */
export function refuseStale(ifMatch: string | undefined, version: number): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const versions = ifMatch.split(',').map((tag) => /^\s*(?:W\/)?"v(\d+)-[\w-]+"\s*$/.exec(tag)?.[1]);
  if (versions.includes(undefined)) {
    fail('INVALID_INPUT', { field: 'If-Match', reason: 'Must be the ETag of a post' });
  }
  if (!versions.includes(String(version))) {
    fail('CONFLICT', { field: 'If-Match', reason: `The post is at version ${version} now; read it again` });
  }
}
