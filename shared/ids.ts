/**
 * Public ids: a prefix, then a ULID in lower case (https://github.com/ulid/spec). 48 bits of milliseconds
 * make ids sort by time of creation; 80 random bits make them unguessable.
 */
import { randomFillSync } from 'node:crypto';
import { decodeTime, ulid } from 'ulid';

const prefixes = [
  'user',
  'post',
  'comment',
  'story',
  'highlight',
  'loc',
  'req',
  'session',
  'reset',
  'passkey',
  'event',
  'notification',
  'group',
  'report',
  'audit',
  'avatar',
  'export',
  'process',
] as const;
export type IdPrefix = (typeof prefixes)[number];

/** Random bytes are drawn in bulk: one system call a character would cost more than the rest of an id. */
const pool = new Uint8Array(8_192);
let used = pool.length;

function random(): number {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const byte = pool[used] as number;
  used += 1;
  return byte / 256;
}

/** Makes a new id. `atMs` (Unix milliseconds) is the time the id tells; default now. */
export function newId<Prefix extends IdPrefix>(prefix: Prefix, atMs = Date.now()): `${Prefix}_${string}` {
  return `${prefix}_${ulid(atMs, random).toLowerCase()}`;
}

/** What an id with this prefix looks like; for fields that name nothing but such an id. */
export function idPattern(prefix: IdPrefix): RegExp {
  return new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`);
}

/** True if the text could be an id with this prefix; one that could not be is simply not found. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text.slice(prefix.length + 1));
}

/** The id without its prefix, as image URLs carry it. */
export function keyOf(id: string): string {
  return id.slice(id.indexOf('_') + 1);
}

/** When the id was made, in Unix milliseconds. */
export function timeOf(id: string): number {
  return decodeTime(keyOf(id).toUpperCase());
}
