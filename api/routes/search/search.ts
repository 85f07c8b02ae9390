/** GET /v1/search: people, hashtags and posts, the best match first, then the more popular. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { atMost } from '../../../shared/characters.ts';
import { fail } from '../../../shared/errors.ts';
import {
  SearchIndexError,
  SearchPositionError,
  type SearchQuery,
  type SearchType,
  searchTypes,
} from '../../../shared/search/index.ts';
import type { Tools } from '../../../shared/tools.ts';
import { decodeCursor, encodeCursor, pageQuery, refuseCursor } from '../../cursor.ts';
import { route, type Viewer } from '../../route.ts';
import { presentHits, type SearchResult, searchResultSchema } from '../../search/present-hits.ts';

/** The index changes under a search that is paged through; later pages would no longer fit the first. */
const cursorExpiresInS = 300;

/** The query the cursor belongs to, and where in its hits the next page begins. */
const cursorValues = z.tuple([z.string(), z.string()]);

/** A viewer who may see next to nothing of what is found gets a short page, not a slow one. */
const maxHitsPerPage = 1_000;

const maxQueryLength = 100;

/** Fewer hits are not worth another round trip when some of a page could not be shown. */
const leastHitsPerQuery = 20;

export const search = route({
  method: 'get',
  path: '/v1/search',
  area: 'search',
  summary: 'Search people, hashtags and posts',
  auth: 'user',
  query: pageQuery.extend({
    q: z
      .string()
      .trim()
      .min(1, 'Must not be empty')
      .refine(...atMost(maxQueryLength))
      .describe(
        'From the first character on; the last word may be unfinished, and words may be mistyped. ' +
          'A leading `#` finds hashtags only, a leading `@` people only, unless `type` says otherwise.',
      )
      .meta({ maxLength: maxQueryLength, examples: ['sunset'] }),
    type: z.enum([...searchTypes, 'all']).default('all'),
  }),
  status: 200,
  reply: z.object({
    results: z.array(searchResultSchema),
    next_cursor: z.string().nullable().describe('Null only at the true end. Lives five minutes.'),
    has_more: z.boolean(),
  }),
  errors: ['GONE'],
  async handle({ viewer, query, tools }) {
    const { text, types } = readQuery(query.q, query.type);
    const fingerprint = createHash('sha256').update(`${types} ${text}`).digest('base64url').slice(0, 8);
    const cursor = query.cursor && decodeCursor('search', cursorValues, query.cursor, cursorExpiresInS);
    if (cursor && cursor[0] !== fingerprint) refuseCursor();
    const page = await fillPage(tools, viewer, {
      text,
      types,
      limit: query.limit,
      after: cursor ? cursor[1] : undefined,
    });
    return {
      results: page.results,
      next_cursor: page.next === undefined ? null : encodeCursor('search', [fingerprint, page.next]),
      has_more: page.next !== undefined,
    };
  },
});

/** `#` and `@` are how people write what they look for; they are no part of any name. */
function readQuery(q: string, type: SearchType | 'all'): { text: string; types: readonly SearchType[] } {
  const mark = /^(?:(?<hashtag>[#＃]+)|@+)/.exec(q);
  const marked = mark && (mark.groups?.hashtag ? 'hashtag' : 'user');
  const text = mark ? q.slice(mark[0].length) : q;
  return { text, types: type !== 'all' ? [type] : marked ? [marked] : searchTypes };
}

/** As many results as a page holds, past what cannot be shown; `next` is where the page after begins. */
async function fillPage(
  tools: Tools,
  viewer: Viewer,
  query: SearchQuery,
): Promise<{ results: SearchResult[]; next: string | undefined }> {
  const shown: { result: SearchResult; position: string }[] = [];
  let { after } = query;
  let hasMore = true;
  let looked = 0;
  // One more than the page holds tells whether there is another page.
  while (hasMore && shown.length <= query.limit && looked < maxHitsPerPage) {
    const limit = Math.max(query.limit + 1 - shown.length, leastHitsPerQuery);
    const found = await queryIndex(tools, { ...query, limit, after });
    for (const { hit, result } of await presentHits(tools, viewer, found.hits)) {
      if (result) shown.push({ result, position: hit.position });
      after = hit.position;
    }
    hasMore = found.hasMore;
    looked += found.hits.length;
  }
  const page = shown.slice(0, query.limit);
  const next = shown.length > query.limit ? page.at(-1)?.position : hasMore ? after : undefined;
  return { results: page.map(({ result }) => result), next };
}

async function queryIndex({ search: index }: Tools, query: SearchQuery): ReturnType<typeof index.query> {
  try {
    return await index.query(query);
  } catch (error) {
    if (error instanceof SearchPositionError) {
      if (!error.isLapsed) return refuseCursor();
      return fail('GONE', { field: 'cursor', reason: 'This cursor has expired; begin again without it' });
    }
    if (!(error instanceof SearchIndexError)) throw error;
    const reason = 'Search does not answer at the moment';
    return fail('SERVICE_UNAVAILABLE', { reason }, { retryAfterS: 2, cause: error });
  }
}
