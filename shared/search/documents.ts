/** The documents of the search index, as Postgres has them now: what cannot be found has none. */
import { sql } from 'kysely';
import type { Db } from '../db/index.ts';
import { placesOf } from '../locations.ts';
import type { SearchDocument, SearchType } from './index.ts';

/** Where the things of a type are, and the column with the id their documents have. */
const sources = {
  user: { table: 'users', column: 'user_id' },
  hashtag: { table: 'hashtags', column: 'name' },
  location: { table: 'locations', column: 'location_id' },
  post: { table: 'posts', column: 'post_id' },
} as const satisfies Record<SearchType, { table: string; column: string }>;

/** A thing that may have a document: its id in the index, and the number its row has. */
export type Candidate = { id: string; row: number };

/** The things of a type whose rows have numbers above `afterRow`, by rising number, at most `limit`. */
export async function candidatesAfter(
  db: Db,
  type: SearchType,
  afterRow: number,
  limit: number,
): Promise<Candidate[]> {
  const { table, column } = sources[type];
  const { rows } = await sql<Candidate>`
    SELECT ${sql.ref(column)} AS id, id AS row FROM ${sql.table(table)}
    WHERE id > ${afterRow} ORDER BY ${sql.ref(`${table}.id`)} LIMIT ${limit}`.execute(db);
  return rows;
}

/** How many things of a type there are, those without a document included. */
export async function countCandidates(db: Db, type: SearchType): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM ${sql.table(sources[type].table)}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** The document of one thing. @returns undefined if it has none: it is gone, hidden, archived or without posts. */
export async function readDocument(
  db: Db,
  type: SearchType,
  id: string,
): Promise<SearchDocument | undefined> {
  return (await readDocuments(db, type, [id]))[0];
}

/** The documents of those of the things that have one, in no particular order. */
export async function readDocuments(
  db: Db,
  type: SearchType,
  ids: readonly string[],
): Promise<SearchDocument[]> {
  return readers[type](db, [...ids]);
}

const readers: Record<SearchType, (db: Db, ids: string[]) => Promise<SearchDocument[]>> = {
  async user(db, ids) {
    const users = await db
      .selectFrom('users')
      .select(['user_id', 'username', 'full_name', 'follower_count'])
      .where(sql<boolean>`user_id = ANY(${ids})`)
      .where('is_hidden', '=', false)
      .execute();
    return users.map(({ user_id: id, username, full_name: fullName, follower_count: popularity }) => {
      return { type: 'user', id, username, fullName, popularity };
    });
  },
  async hashtag(db, names) {
    // Those included that wait to be rolled up, as `exactCount` does for one.
    const { rows } = await sql<{ id: string; popularity: number }>`
      SELECT * FROM (
        SELECT name AS id, post_count + COALESCE((SELECT sum(delta) FROM count_deltas
          WHERE counter = 'hashtag.posts' AND target_id = hashtags.id), 0)::int AS popularity
        FROM hashtags WHERE name = ANY(${names})
      ) counted WHERE popularity > 0`.execute(db);
    return rows.map(({ id, popularity }) => ({ type: 'hashtag', id, popularity }));
  },
  async location(db, ids) {
    const places = await placesOf(db, ids);
    return places.map(({ location_id: id, name, post_count: popularity }) => {
      return { type: 'location', id, name, popularity };
    });
  },
  async post(db, ids) {
    const { rows } = await sql<{ id: string; texts: (string | null)[]; popularity: number }>`
      SELECT posts.post_id AS id, like_count AS popularity,
        ARRAY[caption, location_name] || ARRAY(
          SELECT alt_text::text FROM post_images WHERE post_images.post_id = posts.id ORDER BY position
        ) AS texts
      FROM posts JOIN users ON users.id = posts.user_id
      WHERE posts.post_id = ANY(${ids}) AND NOT posts.is_archived AND NOT users.is_hidden`.execute(db);
    return rows.map(({ id, texts, popularity }) => {
      return { type: 'post', id, text: texts.filter((text) => text !== null).join('\n'), popularity };
    });
  },
};
