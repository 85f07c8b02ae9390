/**
 * The indexes: one per type, versioned. `emulsion-posts` is the alias that is searched; each version, such as
 * `emulsion-posts-000001`, has an alias of its own for writing, `emulsion-posts-000001-write`, and is written to as
 * long as it has it. So while a new version is built, writes go to both.
 */
import { createHash } from 'node:crypto';
import { type Client, errors, type estypes } from '@elastic/elasticsearch';
import { type SearchType, searchTypes } from '../index.ts';

const nouns: Record<SearchType, string> = {
  user: 'users',
  hashtag: 'hashtags',
  location: 'locations',
  post: 'posts',
};

/** The alias that is searched. */
export function readAlias(prefix: string, type: SearchType): string {
  return `${prefix}-${nouns[type]}`;
}

/** The name of a version of an index, from 1 on. */
export function indexName(prefix: string, type: SearchType, version: number): string {
  return `${readAlias(prefix, type)}-${String(version).padStart(6, '0')}`;
}

/** The alias by which a version is written to. Writes demand that it is one, or a late one would make an index. */
export function writeAlias(index: string): string {
  return `${index}-write`;
}

/** Words and names come folded and split as our own code does it, and are matched as they are. */
const asItIs = {
  type: 'text',
  analyzer: 'keyword',
  index_options: 'docs',
  norms: false,
  // A prefix of up to four characters is one term, however many words begin with it; longer ones have few.
  index_prefixes: { min_chars: 1, max_chars: 4 },
} as const satisfies estypes.MappingProperty;

const mappings: estypes.MappingTypeMapping = {
  dynamic: 'strict',
  properties: {
    id: { type: 'keyword', index: false },
    /** Tells apart what is equally popular, over all types; newer ids come first. */
    key: { type: 'keyword' },
    popularity: { type: 'long' },
    name: asItIs,
    full_name: asItIs,
    words: asItIs,
  },
};

/** Tells mappings apart: a version that was begun with another one is not gone on with. */
export const mappingsDigest = createHash('sha256')
  .update(JSON.stringify(mappings))
  .digest('base64url')
  .slice(0, 12);

/** A removal is remembered so long that no write of before can still be on its way. */
const removalsKept = '15m';

/** An engine that is busy takes its time to make an index. */
const createdWithinMs = 30_000;

/** Everything a version is made with. `shards` cannot change later but by a new version. */
function bodyOf(shards: number): Omit<estypes.IndicesCreateRequest, 'index'> {
  return {
    mappings,
    settings: {
      number_of_shards: shards,
      auto_expand_replicas: '0-1',
      refresh_interval: '1s',
      gc_deletes: removalsKept,
      // In the order of every query, so that one stops where its page is full.
      sort: { field: ['popularity', 'key'], order: ['desc', 'desc'] },
    },
  };
}

/** Makes a version; that somebody else has just made it is fine. */
export async function createVersion(es: Client, index: string, aliases: string[], shards = 1): Promise<void> {
  try {
    const request = {
      index,
      ...bodyOf(shards),
      aliases: Object.fromEntries(aliases.map((alias) => [alias, {}])),
      wait_for_active_shards: 1,
    };
    await es.indices.create(request, { requestTimeout: createdWithinMs });
  } catch (error) {
    if (errorType(error) !== 'resource_already_exists_exception') throw error;
  }
}

/** Makes the first version of each index that does not exist. */
export async function createMissing(es: Client, prefix: string): Promise<void> {
  await Promise.all(
    searchTypes.map(async (type) => {
      const alias = readAlias(prefix, type);
      if (await es.indices.existsAlias({ name: alias })) return;
      const index = indexName(prefix, type, 1);
      await createVersion(es, index, [alias, writeAlias(index)]);
    }),
  );
}

/** The versions there are, oldest first. */
export type Version = { index: string; number: number; isRead: boolean; isWritten: boolean };

/** Reads the versions of every type. */
export async function readVersions(es: Client, prefix: string): Promise<Record<SearchType, Version[]>> {
  const names = searchTypes.map((type) => `${readAlias(prefix, type)}-*`);
  const found = await es.indices.getAlias({ index: names, expand_wildcards: 'open' });
  const versions: Record<SearchType, Version[]> = { user: [], hashtag: [], location: [], post: [] };
  for (const type of searchTypes) {
    const alias = readAlias(prefix, type);
    for (const [index, { aliases }] of Object.entries(found)) {
      // The prefix of another installation may begin with ours.
      const number = index.startsWith(`${alias}-`) && /^\d{6}$/.exec(index.slice(alias.length + 1))?.[0];
      if (!number) continue;
      versions[type].push({
        index,
        number: Number(number),
        isRead: alias in aliases,
        isWritten: writeAlias(index) in aliases,
      });
    }
    versions[type].sort((a, b) => a.number - b.number);
  }
  return versions;
}

/** What Elasticsearch calls the error, such as `index_not_found_exception`. */
export function errorType(error: unknown): string | undefined {
  if (!(error instanceof errors.ResponseError)) return undefined;
  return (error.body as { error?: { type?: string } } | undefined)?.error?.type;
}
