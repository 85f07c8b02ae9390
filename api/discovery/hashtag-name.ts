/** A hashtag as a path names it: with or without `#`, in any case. */
import { notFound } from '../../shared/errors.ts';
import { type Hashtag, hashtagsNamed } from '../../shared/hashtag-counts.ts';
import { hashtagsOf } from '../../shared/hashtags.ts';
import type { Tools } from '../../shared/tools.ts';

/**
 * Finds the hashtag a path names.
 *
 * @throws {Failure} NOT_FOUND if no post carries it, or it could be none.
 */
export async function findHashtag({ db }: Tools, text: string): Promise<Hashtag> {
  const written = text.replace(/^[#＃]/, '');
  const [name, ...more] = hashtagsOf(`#${written}`);
  const [found] = name !== undefined && more.length === 0 ? await hashtagsNamed(db, [name]) : [];
  if (!found) notFound('Hashtag', 'name', text);
  return found;
}
