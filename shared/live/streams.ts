/** Reading what a user was told. */
import type { Redis } from '../redis/index.ts';
import { type LiveType, messageText, paddedId } from './messages.ts';
import { keep, open } from './scripts.ts';

/** How long a user's messages are kept after the last connection ended. */
const lifetimeS = 86_400;

/** What a stream holds after an id. `isGap`: not all of that is kept, or the id is none of this stream's. */
type Missed = { newestId: string; isGap: boolean; messages: { id: string; text: string }[] };

/** Opens a stream, new or not. Replies the id after which nothing will be missing. */
export async function openStream(cache: Redis, stream: string): Promise<string> {
  const [newest] = await open(cache, [stream], [lifetimeS, '']);
  return paddedId(newest);
}

/** Reads what follows `id`; a stream that is gone is opened anew. */
export async function readAfter(cache: Redis, stream: string, id: string): Promise<Missed> {
  const [newest, oldest, entries] = await open(cache, [stream], [lifetimeS, id]);
  const newestId = paddedId(newest);
  if (paddedId(oldest) > id || id > newestId) return { newestId, isGap: true, messages: [] };
  const messages = entries.map(([entryId, [type, dataText]]) => {
    const padded = paddedId(entryId);
    return { id: padded, text: messageText(padded, type as LiveType, dataText) };
  });
  return { newestId, isGap: false, messages };
}

/**
 * Keeps streams for another lifetime and tells where they stand.
 *
 * @param found called with each stream's newest id, or undefined for one that is gone
 */
export async function keepStreams(
  cache: Redis,
  streams: string[],
  found: (stream: string, newestId: string | undefined) => void,
): Promise<void> {
  for (const { keys, reply: newest } of await keep(cache, streams, [lifetimeS])) {
    for (const [index, stream] of keys.entries()) {
      const id = newest[index];
      found(stream, id ? paddedId(id) : undefined);
    }
  }
}
