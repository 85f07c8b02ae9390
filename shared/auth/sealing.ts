/**
 * What the database must keep but must not tell to whoever only reads the database: secrets are encrypted, short
 * codes hashed, each with a key of its own that is derived from AUTH_SECRET.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** NIST SP 800-38D: 96 bits of nonce, 128 bits of tag. */
const nonceBytes = 12;
const tagBytes = 16;

/** What a key is for; no two purposes share one. */
type Purpose = 'totp secret' | 'recovery code' | 'sign-in address';

/** The key of a purpose (HKDF, RFC 5869). */
function keyFor(secret: string, purpose: Purpose): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `emulsion ${purpose}`, 32));
}

/**
 * Encrypts with AES-256-GCM.
 *
 * @param owner whose it is; it opens under no other name
 * @returns nonce, ciphertext and tag, one after the other.
 */
export function seal(secret: string, purpose: Purpose, owner: string, plain: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', keyFor(secret, purpose), nonce);
  cipher.setAAD(Buffer.from(owner));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Decrypts what `seal` made.
 *
 * @throws {Error} if it was made with another AUTH_SECRET, for another purpose or owner, or was changed.
 */
export function unseal(secret: string, purpose: Purpose, owner: string, sealed: Buffer): Buffer {
  const nonce = sealed.subarray(0, nonceBytes);
  const cipher = createDecipheriv('aes-256-gcm', keyFor(secret, purpose), nonce, {
    authTagLength: tagBytes,
  });
  cipher.setAAD(Buffer.from(owner));
  cipher.setAuthTag(sealed.subarray(-tagBytes));
  return Buffer.concat([cipher.update(sealed.subarray(nonceBytes, -tagBytes)), cipher.final()]);
}

/** A keyed hash (HMAC-SHA-256): without the key, trying all short codes finds nothing. */
export function keyedHash(secret: string, purpose: Purpose, owner: string, text: string): Buffer {
  return createHmac('sha256', keyFor(secret, purpose)).update(`${owner}\n${text}`).digest();
}
