/** How fast a search is in Elasticsearch, beside the same search in Postgres: the same documents, the same queries, in turn. */
import { randomBytes } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import { openDatabase } from '../../shared/db/index.ts';
import { openLog } from '../../shared/log.ts';
import { type SearchIndex, type SearchType, searchTypes } from '../../shared/search/index.ts';
import { openSearchIndex } from '../../shared/search/open.ts';
import { compare, percentile, shown, shownSpread } from './compare.ts';
import type { Figure } from './figure.ts';
import { fillElasticsearch, fillPostgres } from './search/fill.ts';
import { makeTown, type Town } from './search/town.ts';

const users = 100_000;
const posts = 1_000_000;

/** Queries of each kind in a round. */
const perKind = 20;
const pageLength = 21;

type Query = { text: string; types: readonly SearchType[] };

/** What people type, by kind: letters of a name, words of a caption, and either mistyped. */
function mix({ nameOf, wordOf, pick }: Town): Record<string, Query[]> {
  const every: (readonly SearchType[])[] = [searchTypes, ['user'], ['hashtag'], ['location'], ['post']];
  const make = (text: (at: number) => string) =>
    Array.from({ length: perKind }, (_, at) => ({
      text: text(at),
      types: every[at % every.length] as readonly SearchType[],
    }));
  /** Two neighbours inside the word swapped. */
  const mistyped = (word: string) => `${word.slice(0, 2)}${word[3]}${word[2]}${word.slice(4)}`;
  return {
    'one to four letters': make((at) => nameOf(pick(users)).slice(0, 1 + (at % 4))),
    'a name': make(() => nameOf(pick(users))),
    'two words': make(() => `${wordOf(pick(500))} ${wordOf(pick(500))}`),
    'a word and a beginning': make(() => `${wordOf(pick(500))} ${wordOf(pick(500)).slice(0, 3)}`),
    'a mistyped word': make(() => mistyped(wordOf(500 + pick(2_000)))),
    'a word and a mistyped one': make(() => `${wordOf(pick(500))} ${mistyped(wordOf(500 + pick(2_000)))}`),
  };
}

async function timesOf(index: SearchIndex, queries: Query[]): Promise<number[]> {
  const times: number[] = [];
  for (const query of queries) {
    const startedAt = performance.now();
    await index.query({ ...query, limit: pageLength });
    times.push(performance.now() - startedAt);
  }
  return times;
}

export const search: Figure = async ({ engines, rounds, scale, note, signal, onStop }) => {
  const given = process.env.ELASTICSEARCH_URL;
  if (!given) {
    return ['not measured: it needs ELASTICSEARCH_URL=… as "npm run engines -- elasticsearch" prints it'];
  }
  const { config } = await (await engines()).stage('search');
  const { db, pool } = openDatabase(config.DATABASE_URL, 4, openLog('bench', 'warn'));
  const prefix = `bench-${randomBytes(6).toString('hex')}`;
  const url = new URL(given);
  url.searchParams.set('prefix', prefix);
  const es = new Client({
    node: url.origin,
    ...(url.username
      ? { auth: { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) } }
      : {}),
  });
  const ours = await openSearchIndex({ ELASTICSEARCH_URL: url.href }, db);
  const theirs = await openSearchIndex({ ELASTICSEARCH_URL: undefined }, db);
  const end = async () => {
    const left = Object.keys(await es.indices.get({ index: `${prefix}-*` }));
    if (left.length > 0) await es.indices.delete({ index: left });
    await Promise.all([ours.close(), es.close()]);
  };
  onStop(end);

  const town = makeTown({ users: Math.round(users * scale), posts: Math.round(posts * scale) });
  note(`${shown(town.size)} documents go into Elasticsearch`);
  const elasticsearchS = await fillElasticsearch(es, prefix, town, signal);
  note(`${shown(town.size)} documents go into Postgres`);
  const postgresS = await fillPostgres(db, town, signal);

  const lines = [
    `${shown(town.size)} documents: into Elasticsearch ${shown(town.size / elasticsearchS)}/s, into Postgres, its indexes made afterwards, ${shown(town.size / postgresS)}/s`,
  ];
  const kinds = mix(town);
  for (const [kind, queries] of [
    ...Object.entries(kinds),
    ['all of them', Object.values(kinds).flat()] as const,
  ]) {
    note(`${rounds + 1} rounds of ${queries.length} searches each way: ${kind}`);
    // The rate of the middle search, so that more is better.
    const rate = (index: SearchIndex) => async () => 1_000 / percentile(await timesOf(index, queries), 0.5);
    const result = await compare(rounds, rate(ours), rate(theirs));
    lines.push(
      kind,
      `  Elasticsearch p50 ${shown(1_000 / result.ours.median)} ms`,
      `  Postgres p50      ${shown(1_000 / result.theirs.median)} ms`,
      `  times as fast     ${shownSpread(result.ratio)}`,
    );
  }
  await end();
  await pool.end();
  return lines;
};
