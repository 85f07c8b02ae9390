/**
 * The search index in Elasticsearch 9. Text is split and folded by our own code, so that it needs no analyser but
 * `keyword`, and finds what the Postgres index finds.
 *
 * Decision 16 says why it is as it is.
 */
import { Client, errors } from '@elastic/elasticsearch';
import { openBulk } from './elasticsearch/bulk.ts';
import { createMissing, readAlias } from './elasticsearch/indexes.ts';
import { listIds } from './elasticsearch/list-ids.ts';
import { find, isNoIndex } from './elasticsearch/query.ts';
import { openTargets } from './elasticsearch/targets.ts';
import { type ElasticsearchAddress, parseElasticsearchUrl } from './elasticsearch/url.ts';
import {
  SearchDocumentError,
  type SearchIndex,
  SearchIndexError,
  SearchPositionError,
  SearchStaleError,
  searchTypes,
} from './index.ts';

/** An engine that is silent for so long is as good as away. */
const requestTimeoutMs = 3_000;

/** Connects to the nodes when something is asked of them. One that is away costs one more try on another one. */
export function openClient({ nodes, auth }: ElasticsearchAddress): Client {
  return new Client({
    nodes,
    ...(auth ? { auth } : {}),
    requestTimeout: requestTimeoutMs,
    maxRetries: nodes.length > 1 ? 1 : 0,
  });
}

const ours = [SearchIndexError, SearchDocumentError, SearchStaleError, SearchPositionError];

async function orSearchIndexError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (ours.some((kind) => error instanceof kind)) throw error;
    throw new SearchIndexError(`Elasticsearch failed: ${brief(error)}`, { cause: error });
  }
}

/** The first line; a reply of Elasticsearch may be long. */
function brief(error: unknown): string {
  if (error instanceof errors.TimeoutError) return 'no answer in time';
  return error instanceof Error ? (error.message.split('\n', 1)[0] as string) : String(error);
}

/** Times of writes whose caller names none: now, and never the same twice. */
function openClock(): () => number {
  let last = 0;
  return () => {
    last = Math.max(Date.now() * 1_000, last + 1);
    return last;
  };
}

/**
 * Opens the index. What is missing is made as soon as the engine can be reached; while it cannot, everything
 * rejects within seconds and works again by itself.
 *
 * @param url as `parseElasticsearchUrl` reads it
 * @throws {RangeError} if it does not.
 */
export async function openElasticsearch(url: string): Promise<SearchIndex> {
  const address = parseElasticsearchUrl(url);
  const es = openClient(address);
  const { prefix } = address;
  const targets = openTargets(es, prefix);
  const write = openBulk(es, targets);
  const now = openClock();
  const everyAlias = searchTypes.map((type) => readAlias(prefix, type));

  /** Does it; if there is no index, makes what is missing and does it again. */
  async function withIndexes<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isNoIndex(error)) throw error;
      targets.forget();
      await createMissing(es, prefix);
      return work();
    }
  }

  async function check(): Promise<void> {
    await withIndexes(() =>
      es.search({ index: everyAlias, size: 0, track_total_hits: false, allow_partial_search_results: false }),
    );
  }

  // An engine that is away now is asked again by whoever needs it.
  await check().catch(() => {});

  return {
    put: (document, asOf = now()) =>
      orSearchIndexError(write({ type: document.type, id: document.id, asOf, document })),
    remove: (type, id, asOf = now()) => orSearchIndexError(write({ type, id, asOf })),
    query: (query) => orSearchIndexError(withIndexes(() => find(es, prefix, query))),
    ids: (type, afterId, limit) =>
      orSearchIndexError(withIndexes(() => listIds(es, prefix, type, afterId, limit))),
    refresh: () =>
      orSearchIndexError(
        withIndexes(async () => {
          await es.indices.refresh({ index: everyAlias.map((alias) => `${alias}-*`) });
        }),
      ),
    check: () => orSearchIndexError(check()),
    close: () => es.close(),
  };
}
