/** Ids of the documents there are, page by page, for whoever compares them with what should be there. */
import type { Client } from '@elastic/elasticsearch';
import type { SearchType } from '../index.ts';
import { idOfKey, keyOf } from './fields.ts';
import { readAlias } from './indexes.ts';

/** A page of an index of millions takes longer than what somebody waits for. */
const requestTimeoutMs = 30_000;

/** Up to `limit` ids of a type above `afterId`, in the order of their bytes. */
export async function listIds(
  es: Client,
  prefix: string,
  type: SearchType,
  afterId: string | undefined,
  limit: number,
): Promise<string[]> {
  const { hits } = await es.search(
    {
      index: readAlias(prefix, type),
      size: limit,
      sort: [{ key: 'asc' }],
      ...(afterId === undefined ? {} : { search_after: [keyOf({ type, id: afterId })] }),
      _source: false,
      track_total_hits: false,
      allow_partial_search_results: false,
    },
    { requestTimeout: requestTimeoutMs },
  );
  return hits.hits.map(({ sort }) => idOfKey(type, String(sort?.[0])));
}
