/** Search: the port, and the one switch that picks its adapter. */
import type { Config } from '../config.ts';
import type { Db } from '../db/index.ts';

export const searchTypes = ['user', 'hashtag', 'post'] as const;
export type SearchType = (typeof searchTypes)[number];

/** What is known of a thing that can be found. `popularity` breaks ties between equally good matches. */
export type SearchDocument =
  | { type: 'user'; id: string; username: string; fullName: string | null; popularity: number }
  | { type: 'hashtag'; id: string; popularity: number }
  | { type: 'post'; id: string; text: string; popularity: number };

export type SearchHit = { type: SearchType; id: string };

export type SearchQuery = {
  /** What the user typed; the last word may be unfinished. */
  text: string;
  types: readonly SearchType[];
  limit: number;
  /** `next` of the page before. */
  after?: string;
};

/** The index failed; a retry may succeed. */
export class SearchIndexError extends Error {
  override name = 'SearchIndexError';
}

/** Finds users, hashtags and posts. Whether the caller may see a hit is for the caller of the port to decide. */
export type SearchIndex = {
  put(document: SearchDocument): Promise<void>;
  remove(type: SearchType, id: string): Promise<void>;
  /** Best match first, then the more popular; `next` is undefined at the end. */
  query(query: SearchQuery): Promise<{ hits: SearchHit[]; next: string | undefined }>;
  /** Rejects if the index cannot be used. */
  check(): Promise<void>;
  close(): Promise<void>;
};

/** Opens the index the configuration asks for. */
export async function openSearchIndex(_config: Config, db: Db): Promise<SearchIndex> {
  const { openPostgresSearch } = await import('./postgres.ts');
  return openPostgresSearch(db);
}
