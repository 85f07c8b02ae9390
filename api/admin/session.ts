/** Who is signed in as the operator: a signed cookie, or Basic credentials for a command line. */
import { createHmac } from 'node:crypto';
import type { CookieOptions, Request } from 'express';
import { errors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Config } from '../../shared/config.ts';
import { isSecret } from '../door/is-secret.ts';

export const adminName = 'admin';
export const cookieName = 'emulsion_admin';
const lifetimeS = 8 * 3_600;
const audience = 'admin';
const algorithm = 'HS256';
/** Basic credentials that proved right need not be counted as attempts again for a while. */
const provenMs = 10 * 60_000;

export type AdminSessions = {
  /** How the cookie is set, and the same without a lifetime to clear it. */
  readonly cookie: CookieOptions;
  readonly lifetimeMs: number;
  isPassword(name: string | undefined, password: string | undefined): boolean;
  /** A new cookie's value. */
  sign(): Promise<string>;
  /** True if the request carries a cookie that was signed here and has not expired. */
  hasCookie(request: Request): Promise<boolean>;
  /** The Basic credentials of a request; `isProven` if they were right a moment ago. */
  basicOf(request: Request): { name: string; password: string; isProven: boolean } | undefined;
  /** Remembers that the request's Basic credentials were right. */
  prove(request: Request): void;
};

/** Opens the sessions of operators; changing the password ends them all. */
export function openAdminSessions(config: Config, password: string): AdminSessions {
  // With the password in the key, changing it signs everybody out.
  const key = createHmac('sha256', config.AUTH_SECRET).update(`admin ${password}`).digest();
  const proven = new LRUCache<string, true>({ max: 100, ttl: provenMs });
  const digest = (header: string) => createHmac('sha256', key).update(header).digest('base64url');

  return {
    cookie: {
      httpOnly: true,
      sameSite: 'strict',
      path: '/admin',
      secure: config.PUBLIC_URL.startsWith('https:'),
    },
    lifetimeMs: lifetimeS * 1_000,
    isPassword(name, given) {
      // Both are compared, so that the time does not tell which one was wrong.
      const [isName, isRight] = [isSecret(name, adminName), isSecret(given, password)];
      return isName && isRight;
    },
    sign() {
      return new SignJWT()
        .setProtectedHeader({ alg: algorithm })
        .setSubject(adminName)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(`${lifetimeS}s`)
        .sign(key);
    },
    async hasCookie(request) {
      const token = new RegExp(`(?:^|;\\s*)${cookieName}=([^;]+)`).exec(request.headers.cookie ?? '')?.[1];
      if (token === undefined) return false;
      try {
        await jwtVerify(token, key, { audience, algorithms: [algorithm], requiredClaims: ['exp'] });
        return true;
      } catch (error) {
        if (error instanceof errors.JOSEError) return false;
        throw error;
      }
    },
    basicOf(request) {
      const header = request.headers.authorization ?? '';
      if (!/^basic /i.test(header)) return undefined;
      const [name = '', ...rest] = Buffer.from(header.slice(6), 'base64').toString('utf8').split(':');
      return { name, password: rest.join(':'), isProven: proven.has(digest(header)) };
    },
    prove(request) {
      proven.set(digest(request.headers.authorization ?? ''), true);
    },
  };
}
