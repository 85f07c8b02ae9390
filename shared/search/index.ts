/** Search: the port. Its adapters lie beside it; `open.ts` chooses. */

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

/** The index refuses this one document; trying again does not help. */
export class SearchDocumentError extends Error {
  override name = 'SearchDocumentError';
}

/** Something newer stands in the index, as of `standing` at the latest; nothing was changed. */
export class SearchStaleError extends Error {
  override name = 'SearchStaleError';
  readonly standing: number;

  constructor(message: string, standing: number) {
    super(message);
    this.standing = standing;
  }
}

/** `after` is no position of this index, or no longer one: then `isLapsed`, and the search has to begin again. */
export class SearchPositionError extends Error {
  override name = 'SearchPositionError';
  readonly isLapsed: boolean;

  constructor(message: string, options: { isLapsed?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.isLapsed = options.isLapsed ?? false;
  }
}

/**
 * Finds users, hashtags, places and posts. Whether the caller may see a hit is for the caller of the port to decide.
 * Every method rejects with `SearchIndexError` if the engine fails.
 *
 * `asOf` says when what is written was true, in microseconds, taken before it was read; `alignIndex` takes it from
 * Postgres. An engine that may do what it was told after its caller has given up holds writes against it, so that an
 * older one changes nothing, and rejects it with `SearchStaleError`; one that answers in a transaction need not.
 * Without it a write is of now. What was written is found within a second.
 */
export type SearchIndex = {
  /**
   * Adds the document, or replaces the one of the same type and id.
   *
   * @throws {SearchDocumentError}
   */
  put(document: SearchDocument, asOf?: number): Promise<void>;
  /** What is not there is removed already. */
  remove(type: SearchType, id: string, asOf?: number): Promise<void>;
  /**
   * Best match first, then the more popular: names that equal the query, names that begin with it, documents
   * with all its words, those where the last word only begins, those with words it may have mistyped. While
   * nothing is put or removed, pages neither repeat nor skip a hit.
   *
   * @throws {SearchPositionError}
   */
  query(query: SearchQuery): Promise<{ hits: SearchHit[]; hasMore: boolean }>;
  /** Up to `limit` ids of the documents of a type, in the order of their bytes in UTF-8, of ids above `afterId`. */
  ids(type: SearchType, afterId: string | undefined, limit: number): Promise<string[]>;
  /** Makes what was written so far visible to queries and lists at once, for whoever cannot wait a second. */
  refresh(): Promise<void>;
  /** Rejects if the index cannot be used. */
  check(): Promise<void>;
  close(): Promise<void>;
};
