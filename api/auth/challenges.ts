/** Challenges of passkeys: each is answered once, within five minutes, for what it was made for. */
import { randomBytes } from 'node:crypto';
import { keys } from '../../shared/keys.ts';
import type { Redis } from '../../shared/redis/index.ts';

/** WebAuthn recommends 5 minutes for a ceremony in which the user is verified (Level 3, section 15.1). */
export const challengeLifetimeS = 300;
/** WebAuthn Level 3, section 13.4.3, wants 16 at least. */
const challengeBytes = 32;

/** What a challenge is for: a new passkey of a user, or a sign-in. */
type Purpose = `register ${string}` | 'login';

/** Makes a challenge; its text is its bytes in base64url. */
export async function makeChallenge(cache: Redis, purpose: Purpose): Promise<Uint8Array<ArrayBuffer>> {
  const challenge = new Uint8Array(randomBytes(challengeBytes));
  const text = Buffer.from(challenge).toString('base64url');
  await cache.set(keys.challenge(text), purpose, 'EX', challengeLifetimeS);
  return challenge;
}

/**
 * Uses the challenge up that a client says it answered.
 *
 * @param clientDataJson in base64url, as the client sent it
 * @returns the challenge, or undefined if it was not made for this, was used, or has lapsed.
 */
export async function useChallenge(
  cache: Redis,
  purpose: Purpose,
  clientDataJson: string,
): Promise<string | undefined> {
  const challenge = challengeIn(clientDataJson);
  if (challenge === undefined) return undefined;
  return (await cache.getdel(keys.challenge(challenge))) === purpose ? challenge : undefined;
}

function challengeIn(clientDataJson: string): string | undefined {
  try {
    const { challenge } = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString()) as {
      challenge?: unknown;
    };
    return typeof challenge === 'string' && /^[\w-]{43}$/.test(challenge) ? challenge : undefined;
  } catch {
    return undefined;
  }
}
