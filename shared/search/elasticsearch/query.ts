/** Searching: tier by tier, each by falling popularity, from page 2 on in a point in time. */
import { type Client, errors, type estypes } from '@elastic/elasticsearch';
import {
  type SearchHit,
  SearchIndexError,
  SearchPositionError,
  type SearchQuery,
  type SearchType,
} from '../index.ts';
import { candidatesFrom, guessesOf, guessSearches, type IndexedWords } from './guesses.ts';
import { errorType, readAlias } from './indexes.ts';
import { type Position, packPit, readPosition, writePosition } from './positions.ts';
import { guessed, guessedTier, readTyped, sureTiers, type Typed } from './tiers.ts';

/** As long as a cursor of the API lives; each page renews it. */
const pitKept = '5m';

/** An engine that is still busy then is as good as away; the client waits a second longer. */
const searchTimeout = '2s';

/** Where a search looks: the indexes as they are, or as they were. */
type Place = { indexes: string[]; pit: string | undefined };

type Found = Position & { type: SearchType; id: string };

/** The hits behind `after`, at most `limit`. @throws what the client throws, or {SearchPositionError}. */
export async function find(
  es: Client,
  prefix: string,
  query: SearchQuery,
): Promise<{ hits: SearchHit[]; hasMore: boolean }> {
  const after = query.after === undefined ? undefined : readPosition(query.after);
  const typed = readTyped(query.text);
  if (!typed.key || query.types.length === 0) return { hits: [], hasMore: false };
  const indexes = query.types.map((type) => readAlias(prefix, type));
  const place: Place = { indexes, pit: after && (after.pit ?? (await openPit(es, indexes))) };
  const found = await findIn(es, place, typed, after, query.limit + 1);
  const packed = place.pit && packPit(place.pit);
  const hits = found.slice(0, query.limit).map(({ type, id, ...position }): SearchHit => {
    return { type, id, position: writePosition(position, packed) };
  });
  return { hits, hasMore: found.length > query.limit };
}

async function openPit(es: Client, indexes: string[]): Promise<string> {
  return (await es.openPointInTime({ index: indexes, keep_alive: pitKept })).id;
}

async function findIn(
  es: Client,
  place: Place,
  typed: Typed,
  after: Position | undefined,
  limit: number,
): Promise<Found[]> {
  const from = after?.tier ?? 0;
  const found: Found[] = [];
  if (from < guessedTier) {
    const searches = sureTiers(typed).flatMap((filter, tier) =>
      tier < from ? [] : [searchOf(filter, tier === from ? after : undefined, place, limit)],
    );
    for (const [index, response] of (await searchAll(es, place, searches)).entries()) {
      found.push(...hitsOf(response, from + index));
    }
  }
  if (found.length >= limit) return found.slice(0, limit);
  const asked = guessSearches(typed.words);
  if (asked.length === 0) return found;
  const replies = await searchAll(es, place, asked);
  const guesses = guessesOf(typed.words, replies.flatMap(candidatesFrom));
  if (guesses.size === 0) return found;
  const bound = from === guessedTier ? after : undefined;
  const search = searchOf(guessed(typed, guesses), bound, place, limit - found.length);
  const [response] = await searchAll(es, place, [search]);
  return [...found, ...hitsOf(response, guessedTier)];
}

function searchOf(
  filter: estypes.QueryDslQueryContainer,
  after: Position | undefined,
  place: Place,
  size: number,
): estypes.SearchSearchRequestBody {
  // A point in time adds the number of the document to the sort; nothing else has the key, so any bound does.
  const bound = after && [after.popularity, after.key, ...(place.pit ? [Number.MAX_SAFE_INTEGER] : [])];
  return {
    query: filter,
    sort: [{ popularity: 'desc' }, { key: 'desc' }],
    search_after: bound,
    size,
    _source: false,
    docvalue_fields: ['id'],
  };
}

async function searchAll(
  es: Client,
  place: Place,
  bodies: estypes.SearchSearchRequestBody[],
): Promise<estypes.MsearchMultiSearchItem<IndexedWords>[]> {
  const { pit } = place;
  const head = pit ? {} : { index: place.indexes, allow_partial_search_results: false };
  const searches = bodies.flatMap((body) => [
    head,
    {
      ...body,
      track_total_hits: false,
      timeout: searchTimeout,
      ...(pit ? { pit: { id: pit, keep_alive: pitKept } } : {}),
    },
  ]);
  const { responses } = await es.msearch<IndexedWords>({ searches });
  return responses.map((response) => {
    if ('error' in response) throw failureOf(response, pit !== undefined);
    const { failures, failed } = response._shards;
    if (pit && failures?.some(({ reason }) => goneWithPit.has(reason.type))) {
      throw new SearchPositionError('a part of the point in time is gone', { isLapsed: true });
    }
    if (response.timed_out || failed > 0) {
      throw new SearchIndexError('Elasticsearch did not search everything in time');
    }
    if (pit && response.pit_id) place.pit = response.pit_id;
    return response;
  });
}

/** How Elasticsearch calls it where a node was restarted, or an index replaced, that a point in time was of. */
const goneWithPit = new Set([
  'search_context_missing_exception',
  'index_not_found_exception',
  'no_shard_available_action_exception',
]);

/** An index that is gone, or a node that was restarted, took its points in time along. */
function failureOf({ error, status }: estypes.ErrorResponseBase, isInPit: boolean): Error {
  const reason = error.root_cause?.[0]?.reason ?? error.reason ?? error.type;
  if (isInPit && status === 404) return new SearchPositionError(reason, { isLapsed: true });
  if (isInPit && status === 400) return new SearchPositionError(reason);
  if (error.type === 'index_not_found_exception') return new NoIndexError(reason);
  return new SearchIndexError(reason);
}

/** There is no index: this Elasticsearch is new, or has lost what it had. */
export class NoIndexError extends SearchIndexError {}

/** True if the engine says that an index is not there. */
export function isNoIndex(error: unknown): boolean {
  if (error instanceof NoIndexError) return true;
  return error instanceof errors.ResponseError && errorType(error) === 'index_not_found_exception';
}

function hitsOf(response: estypes.MsearchMultiSearchItem<IndexedWords> | undefined, tier: number): Found[] {
  if (!response || 'error' in response) return [];
  return response.hits.hits.map(({ fields, sort }) => {
    const [popularity, key] = sort as [number, string];
    const type = key.slice(0, key.indexOf(' ')) as SearchType;
    return { tier, popularity, key, pit: undefined, type, id: fields?.id[0] as string };
  });
}
