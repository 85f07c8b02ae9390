/** Search: the port, and the one place that opens its adapter. */
import type { Db } from '../db/index.ts';

export const searchTypes = ['user', 'hashtag', 'location', 'post'] as const;
export type SearchType = (typeof searchTypes)[number];

/** What is known of a thing that can be found. `popularity` breaks ties between equally good matches. */
export type SearchDocument =
  | { type: 'user'; id: string; username: string; fullName: string | null; popularity: number }
  /** Its id is its name, without `#`. */
  | { type: 'hashtag'; id: string; popularity: number }
  | { type: 'location'; id: string; name: string; popularity: number }
  | { type: 'post'; id: string; text: string; popularity: number };

/** `position` is where it stands among all hits of its query; it means something to the index only. */
export type SearchHit = { type: SearchType; id: string; position: string };

export type SearchQuery = {
  /** What the user typed; the last word may be unfinished. Without a letter, digit or symbol nothing is found. */
  text: string;
  types: readonly SearchType[];
  /** At least 1. */
  limit: number;
  /** The position of a hit: the reply begins with the one behind it. */
  after?: string;
};

/** The index failed; a retry may succeed. */
export class SearchIndexError extends Error {
  override name = 'SearchIndexError';
}

/** `after` is no position of this index. */
export class SearchPositionError extends Error {
  override name = 'SearchPositionError';
}

/**
 * Finds users, hashtags, places and posts. Whether the caller may see a hit is for the caller of the port to decide.
 * Every method rejects with `SearchIndexError` if the engine fails.
 */
export type SearchIndex = {
  /** Adds the document, or replaces the one of the same type and id. */
  put(document: SearchDocument): Promise<void>;
  /** What is not there is removed already. */
  remove(type: SearchType, id: string): Promise<void>;
  /**
   * Best match first, then the more popular: names that equal the query, names that begin with it, documents
   * with all its words, those where the last word only begins, those with words it may have mistyped. While
   * nothing is put or removed, pages neither repeat nor skip a hit.
   *
   * @throws {SearchPositionError}
   */
  query(query: SearchQuery): Promise<{ hits: SearchHit[]; hasMore: boolean }>;
  /** Rejects if the index cannot be used. */
  check(): Promise<void>;
  close(): Promise<void>;
};

/** Opens the index; it has to be closed. */
export async function openSearchIndex(db: Db): Promise<SearchIndex> {
  const { openPostgresSearch } = await import('./postgres.ts');
  return openPostgresSearch(db);
}
