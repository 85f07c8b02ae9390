/** Access tokens: signed JWTs of 15 minutes that name a user and a session. */
import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { type IdPrefix, isId } from '../../shared/ids.ts';

export const accessTokenLifetimeS = 15 * 60;
const issuer = 'emulsion';
const algorithm = 'HS256';
/** Tokens whose signature was checked already; about 1 kB each. */
const maxVerified = 10_000;

export type Claims = { userId: string; sessionId: string; expiresAtMs: number };

export type Tokens = {
  sign(userId: string, sessionId: string): Promise<string>;
  /** What a token says, or undefined if it is forged, expired, or not one of ours. */
  verify(token: string): Promise<Claims | undefined>;
};

/** Opens the signing and checking of access tokens. `secret`: the same in every process. */
export function openTokens(secret: string): Tokens {
  const key = new TextEncoder().encode(secret);
  const verified = new LRUCache<string, Claims>({ max: maxVerified });

  return {
    sign(userId, sessionId) {
      return new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
        .setSubject(userId)
        .setIssuer(issuer)
        .setIssuedAt()
        .setExpirationTime(`${accessTokenLifetimeS}s`)
        .sign(key);
    },
    async verify(token) {
      const known = verified.get(token);
      if (known) return known.expiresAtMs > Date.now() ? known : undefined;
      try {
        const { payload } = await jwtVerify(token, key, { issuer, algorithms: [algorithm] });
        const { sub, sid, exp } = payload;
        if (!isIdText('user', sub) || !isIdText('session', sid) || !exp) return undefined;
        const claims = { userId: sub, sessionId: sid, expiresAtMs: exp * 1_000 };
        verified.set(token, claims);
        return claims;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}

function isIdText(prefix: IdPrefix, value: unknown): value is string {
  return typeof value === 'string' && isId(prefix, value);
}
