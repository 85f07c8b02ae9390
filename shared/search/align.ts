/** Brings the index in line with the row it was made from, also while others do the same. */
import { isDeepStrictEqual } from 'node:util';
import type { SearchDocument, SearchIndex, SearchType } from './index.ts';

/**
 * Puts what `read` returns, or removes the document if that is nothing, and reads again: of two that do this
 * at once the slower may have written an older state, so whoever writes looks whether it still stands.
 */
export async function alignIndex(
  index: SearchIndex,
  type: SearchType,
  id: string,
  read: () => Promise<SearchDocument | undefined>,
): Promise<void> {
  for (let document = await read(); ; ) {
    if (document) await index.put(document);
    else await index.remove(type, id);
    const now = await read();
    if (isDeepStrictEqual(now, document)) return;
    document = now;
  }
}
