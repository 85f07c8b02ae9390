/** Writing: what is to be written at once goes out together, and each write learns what became of it. */
import { type Client, errors, type estypes } from '@elastic/elasticsearch';
import {
  type SearchDocument,
  SearchDocumentError,
  SearchIndexError,
  SearchStaleError,
  type SearchType,
} from '../index.ts';
import { fieldsOf } from './fields.ts';
import type { Targets } from './targets.ts';

/** One write. Without a document it removes. */
export type Write = { type: SearchType; id: string; asOf: number; document?: SearchDocument };

function operationsOf(write: Write, alias: string): object[] {
  const head = {
    _index: alias,
    _id: write.id,
    require_alias: true,
    version: write.asOf,
    version_type: 'external',
  };
  return write.document ? [{ index: head }, fieldsOf(write.document)] : [{ delete: head }];
}

/** What became of a write in one index: nothing if it is in. */
function errorOf(item: estypes.BulkResponseItem): Error | undefined {
  const { status, error } = item;
  // What is removed need not be there.
  if (!error) return undefined;
  const reason = error.reason ?? error.type;
  if (status === 409) {
    const standing = Number(/current version \[(\d+)\]/.exec(reason)?.[1]);
    // A wording that is not known leaves no number: then the clock has to pass what stands.
    return new SearchStaleError(reason, Number.isSafeInteger(standing) ? standing : 0);
  }
  const mayPass = status === 429 || status >= 500 || error.type === 'index_not_found_exception';
  return mayPass ? new SearchIndexError(reason) : new SearchDocumentError(reason);
}

/** How bad an outcome is, where a write has gone to two indexes. */
const severity = [SearchStaleError, SearchDocumentError, SearchIndexError];

type Addressed = { write: Write; aliases: readonly string[] };
type BulkOptions = { requestTimeout?: number };
type BulkItem = estypes.BulkResponse['items'][number];

/**
 * Writes everything to the aliases given, in one request.
 *
 * @returns the outcome of each write, in their order: an error, or nothing if it is in everywhere.
 * @throws whatever the client throws if the request fails as a whole.
 */
export async function writeAll(
  es: Client,
  writes: readonly Addressed[],
  options: BulkOptions = {},
): Promise<(Error | undefined)[]> {
  const sent = writes.flatMap(({ write, aliases }, index) =>
    aliases.map((alias) => ({ write, alias, index })),
  );
  const operations = sent.flatMap(({ write, alias }) => operationsOf(write, alias));
  let items: BulkItem[];
  try {
    ({ items } = await es.bulk({ operations }, options));
  } catch (error) {
    if (!(error instanceof errors.ResponseError) || error.statusCode !== 400) throw error;
    return writeHalves(es, writes, options, error);
  }
  const outcomes: (Error | undefined)[] = writes.map(() => undefined);
  const rank = (error: Error | undefined) => severity.findIndex((kind) => error instanceof kind);
  for (const [at, { index }] of sent.entries()) {
    const item = items[at];
    const error = item
      ? errorOf(Object.values(item)[0] as estypes.BulkResponseItem)
      : new SearchIndexError('Elasticsearch did not say what became of a write');
    if (rank(error) > rank(outcomes[index])) outcomes[index] = error;
  }
  return outcomes;
}

/** What is wrong with one write, such as its id, may have the whole request refused: then it is looked for by halves. */
async function writeHalves(
  es: Client,
  writes: readonly Addressed[],
  options: BulkOptions,
  error: Error,
): Promise<(Error | undefined)[]> {
  if (writes.length === 1) return [new SearchDocumentError(error.message, { cause: error })];
  const middle = writes.length >> 1;
  return [
    ...(await writeAll(es, writes.slice(0, middle), options)),
    ...(await writeAll(es, writes.slice(middle), options)),
  ];
}

/** More in one request would only make it late. */
const maxTogether = 500;

/**
 * Gathers writes while a request is under way and sends them with the next one.
 *
 * @returns a function that settles when its write is in, or rejects with its own error.
 */
export function openBulk(es: Client, targets: Targets): (write: Write) => Promise<void> {
  type Waiting = { write: Write; settle: PromiseWithResolvers<void>; isRetried: boolean };
  let waiting: Waiting[] = [];
  let isSending = false;

  async function send(batch: Waiting[]): Promise<void> {
    const addressed = await Promise.all(
      batch.map(async ({ write }) => ({ write, aliases: await targets.of(write.type) })),
    );
    const outcomes = await writeAll(es, addressed);
    for (const [index, each] of batch.entries()) close(each, outcomes[index]);
  }

  function close(each: Waiting, error: Error | undefined): void {
    if (error instanceof SearchIndexError && !each.isRetried) {
      // A version may have gone since it was looked up.
      targets.forget();
      each.isRetried = true;
      waiting.push(each);
      return;
    }
    // Where a first try has got in, the second finds its own write.
    const isOwn = each.isRetried && error instanceof SearchStaleError && error.standing === each.write.asOf;
    if (!error || isOwn) each.settle.resolve();
    else each.settle.reject(error);
  }

  async function sendAll(): Promise<void> {
    isSending = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxTogether);
      waiting = waiting.slice(maxTogether);
      try {
        await send(batch);
      } catch (error) {
        for (const { settle } of batch) settle.reject(error);
      }
    }
    isSending = false;
  }

  return (write) => {
    const settle = Promise.withResolvers<void>();
    waiting.push({ write, settle, isRetried: false });
    if (!isSending) void sendAll();
    return settle.promise;
  };
}
