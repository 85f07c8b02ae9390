/** Pages of lists: what every list's reply says beside its items. */
import { z } from 'zod';
import { encodeCursor } from './cursor.ts';

/** The fields a list's reply ends with. */
export const pageFields = {
  next_cursor: z.string().nullable().describe('Null only at the true end.'),
  has_more: z.boolean(),
};

/**
 * Cuts a page out of rows that were read with one more than the page holds.
 *
 * @param kind names the list, as `decodeCursor` wants it back
 * @param position of a row: where the page after it begins
 */
export function cutPage<Row>(
  rows: readonly Row[],
  limit: number,
  kind: string,
  position: (row: Row) => readonly (string | number)[],
): { rows: Row[]; next_cursor: string | null; has_more: boolean } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rows.length > limit;
  return {
    rows: page,
    next_cursor: hasMore && last !== undefined ? encodeCursor(kind, position(last)) : null,
    has_more: hasMore,
  };
}
