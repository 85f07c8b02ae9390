/** What Elasticsearch keeps of a document. */
import type { SearchDocument, SearchType } from '../index.ts';
import { searchableOf } from '../searchable.ts';

/** Far above a name or word of anybody, and far below the 32,766 bytes of Lucene's longest term. */
export const maxNameLength = 512;

/** The fields of a document, as the mapping has them. */
export function fieldsOf(document: SearchDocument) {
  const { name, fullName, words } = searchableOf(document);
  const cut = (text: string | null) => text?.slice(0, maxNameLength).toWellFormed();
  return {
    id: document.id,
    key: keyOf(document),
    popularity: Math.trunc(document.popularity),
    name: cut(name),
    full_name: cut(fullName),
    words,
  };
}

/** No two documents of any type have the same; those of one type are in the order of their ids. */
export function keyOf({ type, id }: { type: SearchType; id: string }): string {
  return `${type} ${id}`;
}

/** The id of the document that has the key. */
export function idOfKey(type: SearchType, key: string): string {
  return key.slice(type.length + 1);
}
