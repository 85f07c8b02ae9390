/** What may name an object, the same in every store. */
import { contentTypeOf, ObjectStoreError } from './index.ts';

/** Of these characters no part can be made that names a folder above, a hidden file or another drive. */
const part = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const maxLength = 512;

/**
 * The parts of a key, two at least.
 *
 * @throws {ObjectStoreError} `key` if it is none.
 */
export function partsOfKey(key: string): string[] {
  return partsOf(key, key, 2);
}

/** True if it names an object. */
export function isKey(text: string): boolean {
  return (
    text.length <= maxLength && text.split('/').length > 1 && text.split('/').every((name) => part.test(name))
  );
}

/**
 * The parts of a prefix, one at least.
 *
 * @throws {ObjectStoreError} `key` if it is none, or does not end with a slash.
 */
export function partsOfPrefix(prefix: string): string[] {
  return partsOf(prefix, prefix.endsWith('/') ? prefix.slice(0, -1) : '', 1);
}

/** @throws {ObjectStoreError} `key` if it is not the content type that the key tells. */
export function refuseOtherType(key: string, contentType: string): void {
  const expected = contentTypeOf(key);
  if (contentType !== expected) {
    throw new ObjectStoreError('key', `${key} cannot be ${contentType}: its extension says ${expected}`);
  }
}

function partsOf(given: string, path: string, least: number): string[] {
  const parts = path.split('/');
  if (parts.length < least || path.length > maxLength || !parts.every((name) => part.test(name))) {
    const shown = JSON.stringify(given.slice(0, maxLength));
    throw new ObjectStoreError('key', `${shown} is no ${least === 1 ? 'prefix' : 'key'}`);
  }
  return parts;
}
