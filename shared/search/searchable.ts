/** What a document is found by, the same in every engine. */
import type { SearchDocument } from './index.ts';
import { normalise, wordsOf } from './words.ts';

/** Names are normalised; a post has none. Words are as `wordsOf` tells them. */
export type Searchable = { name: string | null; fullName: string | null; words: string[] };

/** What of a document is compared with what people type. */
export function searchableOf(document: SearchDocument): Searchable {
  switch (document.type) {
    case 'user': {
      const fullName = document.fullName ? normalise(document.fullName) : null;
      const words = wordsOf(`${document.username} ${document.fullName ?? ''}`);
      return { name: normalise(document.username), fullName: fullName || null, words };
    }
    case 'hashtag':
      return { name: normalise(document.id), fullName: null, words: wordsOf(document.id) };
    case 'location':
      return { name: normalise(document.name), fullName: null, words: wordsOf(document.name) };
    case 'post':
      return { name: null, fullName: null, words: wordsOf(document.text) };
  }
}
