/** Where a hit stands among all of its query: its tier, its popularity, its key and, from page 2 on, the point in time. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { SearchPositionError, searchTypes } from '../index.ts';

export type Position = { tier: number; popularity: number; key: string; pit: string | undefined };

const pattern =
  /^(?<tier>[0-4])\.(?<popularity>-?\d{1,16})\.(?<key>[\w-]{1,800})(?:\.(?<pit>[\w-]{1,4000}))?$/;

/** A point in time of any number of shards is far smaller. */
const maxPitBytes = 20_000;

const keyPattern = new RegExp(`^(${searchTypes.join('|')}) .`, 'su');

/**
 * Its id in fewer letters: it repeats names of nodes and indexes, which base64 hides. It says itself which nodes and
 * indexes it is of, so nothing else has to be kept.
 */
export function packPit(pit: string): string {
  return deflateRawSync(Buffer.from(pit, 'base64url')).toString('base64url');
}

function unpackPit(packed: string): string {
  const bytes = inflateRawSync(Buffer.from(packed, 'base64url'), { maxOutputLength: maxPitBytes });
  const text = bytes.toString('base64url');
  // Java's decoder wants the padding it wrote.
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** @param packedPit from `packPit`, for it is the same for all hits of a page */
export function writePosition(
  { tier, popularity, key }: Omit<Position, 'pit'>,
  packedPit: string | undefined,
): string {
  const place = `${tier}.${popularity}.${Buffer.from(key).toString('base64url')}`;
  return packedPit ? `${place}.${packedPit}` : place;
}

/** @throws {SearchPositionError} if it is no position of this index. */
export function readPosition(text: string): Position {
  const groups = pattern.exec(text)?.groups;
  const key = groups && Buffer.from(groups.key as string, 'base64url').toString();
  if (!groups || !key || !keyPattern.test(key)) throw noPosition(text);
  try {
    return {
      tier: Number(groups.tier),
      popularity: Number(groups.popularity),
      key,
      pit: groups.pit === undefined ? undefined : unpackPit(groups.pit),
    };
  } catch (cause) {
    throw noPosition(text, cause);
  }
}

function noPosition(text: string, cause?: unknown): SearchPositionError {
  return new SearchPositionError(`'${text}' is no position of this index`, { cause });
}
