/**
 * Builds a new version of an index from Postgres while the system runs. From the moment it exists every process writes
 * to it too; what is copied carries the time it was read, so a newer write stands. Then the alias that is searched is
 * switched, at once, and the old version goes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@elastic/elasticsearch';
import type { Db } from '../../db/index.ts';
import { searchTime } from '../align.ts';
import { candidatesAfter, countCandidates, readDocuments } from '../documents.ts';
import {
  type SearchDocument,
  SearchDocumentError,
  SearchIndexError,
  SearchStaleError,
  type SearchType,
} from '../index.ts';
import { writeAll } from './bulk.ts';
import {
  createMissing,
  createVersion,
  indexName,
  mappingsDigest,
  readAlias,
  readVersions,
  type Version,
  writeAlias,
} from './indexes.ts';
import { targetsFreshMs } from './targets.ts';

/** Things read and written together. */
const batch = 500;
const requestTimeoutMs = 30_000;

/** So many batches apart what is done is noted, for a run that goes on where this one broke off. */
const noteEvery = 20;

/** An engine that is away this long ends the run; the next one goes on. */
const patienceMs = 60_000;
const retryEveryMs = 1_000;

/**
 * Processes look up what to write to once a second, and a write may be under way for 3 s: after this long everything
 * that happens goes to the new version as well, and what happened before is in Postgres.
 */
const noticedAfterMs = targetsFreshMs + 3_000 + 1_000;

export type ReindexOptions = {
  signal: AbortSignal;
  /** Told how many rows of how many are done. */
  onProgress?: (done: number, total: number) => void;
  /** Told of each document the index refuses; it is left out. */
  onRefused?: (id: string, reason: string) => void;
  /** Shards of the new version. */
  shards?: number;
};

/**
 * Rebuilds the index of one type; takes up what an earlier call did not finish. Only one may run at a time.
 *
 * @returns how many documents were copied by this call.
 * @throws {SearchIndexError} if the engine is away for a minute; the signal's reason if it is aborted.
 */
export async function reindexType(
  es: Client,
  prefix: string,
  db: Db,
  type: SearchType,
  options: ReindexOptions,
): Promise<number> {
  const { signal } = options;
  await createMissing(es, prefix);
  const { version, afterRow } = await beginOrGoOn(es, prefix, type, options.shards ?? 1);
  await sleep(noticedAfterMs, undefined, { signal });
  const total = await countCandidates(db, type);
  let copied = 0;
  let done = 0;
  let last = afterRow;
  for (let number = 1; ; number += 1) {
    signal.throwIfAborted();
    const asOf = await searchTime(db);
    const candidates = await candidatesAfter(db, type, last, batch);
    const ids = candidates.map(({ id }) => id);
    copied += await copy(es, db, type, ids, asOf, version, options);
    done += candidates.length;
    last = candidates.at(-1)?.row ?? last;
    options.onProgress?.(done, Math.max(total, done));
    if (candidates.length < batch) break;
    if (number % noteEvery === 0) await note(es, version, last);
  }
  await finish(es, prefix, type, version);
  return copied;
}

type Meta = { mappings: string; after_row: number };

/** The version that an earlier run was building, if it has today's mapping, or a new one. */
async function beginOrGoOn(
  es: Client,
  prefix: string,
  type: SearchType,
  shards: number,
): Promise<{ version: string; afterRow: number }> {
  const versions = (await readVersions(es, prefix))[type];
  const newest = versions.at(-1) as Version;
  if (!newest.isRead && newest.isWritten) {
    const found = await es.indices.getMapping({ index: newest.index });
    const meta = found[newest.index]?.mappings._meta as Meta | undefined;
    if (meta?.mappings === mappingsDigest) return { version: newest.index, afterRow: meta.after_row };
  }
  const version = indexName(prefix, type, newest.number + 1);
  await createVersion(es, version, [writeAlias(version)], shards);
  await note(es, version, 0);
  return { version, afterRow: 0 };
}

async function note(es: Client, version: string, afterRow: number): Promise<void> {
  const meta: Meta = { mappings: mappingsDigest, after_row: afterRow };
  await es.indices.putMapping({ index: version, _meta: meta }, { requestTimeout: requestTimeoutMs });
}

/** Copies what Postgres has now of these, again and again while the engine is away. @returns how many that are. */
async function copy(
  es: Client,
  db: Db,
  type: SearchType,
  ids: string[],
  asOf: number,
  version: string,
  { signal, onRefused }: ReindexOptions,
): Promise<number> {
  const documents = await readDocuments(db, type, ids);
  if (documents.length === 0) return 0;
  const aliases = [writeAlias(version)];
  const writes = documents.map((document) => ({ write: { type, id: document.id, asOf, document }, aliases }));
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const failed = await writeAll(es, writes, { requestTimeout: requestTimeoutMs }).then(
      (outcomes) => {
        for (const [index, error] of outcomes.entries()) {
          if (error instanceof SearchDocumentError)
            onRefused?.((documents[index] as SearchDocument).id, error.message);
        }
        // What is newer stands; what was written by a try that seemed to fail stands too.
        return outcomes.find((error) => error && !isFinal(error));
      },
      (error: unknown) => new SearchIndexError('Elasticsearch took no documents', { cause: error }),
    );
    if (!failed) return documents.length;
    if (performance.now() > deadline) throw failed;
    await sleep(retryEveryMs, undefined, { signal });
  }
}

function isFinal(error: Error): boolean {
  return error instanceof SearchStaleError || error instanceof SearchDocumentError;
}

/** Has the new version searched, and only it written to, in one step; then removes all others. */
async function finish(es: Client, prefix: string, type: SearchType, version: string): Promise<void> {
  const others = (await readVersions(es, prefix))[type].filter(({ index }) => index !== version);
  const options = { requestTimeout: requestTimeoutMs };
  await es.indices.refresh({ index: version }, options);
  await es.indices.updateAliases(
    {
      actions: [
        { add: { index: version, alias: readAlias(prefix, type) } },
        ...others.flatMap(({ index, isRead, isWritten }) => [
          ...(isRead ? [{ remove: { index, alias: readAlias(prefix, type) } }] : []),
          ...(isWritten ? [{ remove: { index, alias: writeAlias(index) } }] : []),
        ]),
      ],
    },
    options,
  );
  if (others.length > 0) {
    await es.indices.delete({ index: others.map(({ index }) => index), ignore_unavailable: true }, options);
  }
}
