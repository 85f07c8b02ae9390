/** Where images are kept: the port. Its adapters lie beside it; `open.ts` chooses. */
import type { Readable } from 'node:stream';

/** What is known of an object without reading it. */
export type ObjectInfo = {
  sizeBytes: number;
  /** In double quotes, as HTTP wants it; another one after each put. */
  etag: string;
  lastModified: Date;
  contentType: string;
};

/** An object as it is listed. */
export type ObjectEntry = { key: string; sizeBytes: number };

/** The first and the last byte, counted from 0 and both included, as in an HTTP range. */
export type ByteRange = { start: number; end: number };

/**
 * Objects by key. A key is a path of at least two parts such as `p/01h…/large.jpg`; parts are made of
 * `a–z A–Z 0–9 . _ -` and start with a letter or digit. The extension tells the content type. A key may
 * not lie below another one, as `p/a/b` does below `p/a`.
 *
 * A put is whole or nothing: a reader sees the object before or the object after, never a part, and
 * once a put has returned a crash does not lose it. Every method throws {ObjectStoreError}.
 */
export type ObjectStore = {
  /**
   * Keeps a copy of a local file, which stays as it is. `contentType` has to be the one `contentTypeOf`
   * tells from the key.
   */
  put(key: string, path: string, contentType: string): Promise<void>;
  /**
   * Opens an object, or a range of it; `sizeBytes` is that of the whole. The stream has to be read or
   * destroyed. An `end` past the last byte means the last byte.
   *
   * @returns undefined if there is none.
   */
  get(key: string, range?: ByteRange): Promise<(ObjectInfo & { stream: Readable }) | undefined>;
  /** @returns undefined if there is none. */
  stat(key: string): Promise<ObjectInfo | undefined>;
  /** Removes an object; there need not be one. */
  remove(key: string): Promise<void>;
  /** Removes every object whose key starts with the prefix: one or more parts and a slash, as `p/01h…/`. */
  removeAll(prefix: string): Promise<void>;
  /**
   * Every object by rising key, in the order of its bytes, from behind `afterKey` on. What is put or removed meanwhile
   * may be among them or not; nothing comes twice.
   */
  list(afterKey?: string): AsyncIterable<ObjectEntry>;
  /**
   * Gives an object to code that wants a local file to read, and must not write it. The file is there until
   * the promise of `use` settles.
   *
   * @returns what `use` returns.
   * @throws {ObjectStoreError} `missing` if there is no such object.
   */
  withFile<Result>(key: string, use: (path: string) => Promise<Result>): Promise<Result>;
  /** Resolves if objects can be written and read now. */
  check(): Promise<void>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * - `key`: not a key, a prefix, or a content type as described above
 * - `range`: starts behind the end of the object
 * - `missing`: no such object
 * - `unavailable`: the store cannot do it now; `cause` says why
 */
export type ObjectStoreErrorKind = 'key' | 'range' | 'missing' | 'unavailable';

/** What every method of the port throws. */
export class ObjectStoreError extends Error {
  override name = 'ObjectStoreError';
  readonly kind: ObjectStoreErrorKind;

  constructor(kind: ObjectStoreErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

const contentTypesByExtension = {
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
  tiff: 'image/tiff',
  heic: 'image/heic',
  json: 'application/json',
  zip: 'application/zip',
} as const;

/** The content type an object with this key has: by the extension, else `application/octet-stream`. */
export function contentTypeOf(key: string): string {
  const extension = key.slice(key.lastIndexOf('.') + 1);
  const known: Record<string, string> = contentTypesByExtension;
  return (Object.hasOwn(known, extension) && known[extension]) || 'application/octet-stream';
}

/** The extension, without its dot, that a key needs for this content type; undefined if none is known. */
export function extensionFor(contentType: string): string | undefined {
  return Object.entries(contentTypesByExtension).find(([, type]) => type === contentType)?.[0];
}
