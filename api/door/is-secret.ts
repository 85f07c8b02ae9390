/** Comparing secrets without telling, by the time it takes, how much of a guess was right. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** True if the text is the secret. Digests are compared, since they have one length whatever was sent. */
export function isSecret(text: string | undefined, secret: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(text ?? ''), digest(secret));
}
