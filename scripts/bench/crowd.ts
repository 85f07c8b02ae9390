/** Users, follows and posts in numbers that would take minutes through the API, straight into Postgres. */
import { sql } from 'kysely';
import { openTokens } from '../../api/door/tokens.ts';
import type { Db } from '../../shared/db/index.ts';
import { keyOf, newId } from '../../shared/ids.ts';
import { imagePaths } from '../../shared/posts/image-urls.ts';

export type Person = { id: number; userId: string };

/** Rows of one INSERT: far below the 65,535 parameters there may be, since each column is one array. */
const rowsPerInsert = 10_000;

/** Users without passwords, named `{name}_{number}`. */
export async function addPeople(db: Db, name: string, count: number): Promise<Person[]> {
  const people: Person[] = [];
  for (let from = 0; from < count; from += rowsPerInsert) {
    const numbers = Array.from({ length: Math.min(rowsPerInsert, count - from) }, (_, at) => from + at);
    const { rows } = await sql<{ id: number; user_id: string }>`
      INSERT INTO users (user_id, username)
      SELECT * FROM unnest(${numbers.map(() => newId('user'))}::text[],
        ${numbers.map((number) => `${name}_${number}`)}::text[])
      RETURNING id, user_id`.execute(db);
    people.push(...rows.map((row) => ({ id: row.id, userId: row.user_id })));
  }
  return people;
}

/** Makes each follower follow the author. */
export async function addFollowers(db: Db, author: Person, followers: Person[]): Promise<void> {
  await sql`INSERT INTO follows (follower_id, following_id)
    SELECT unnest(${followers.map(({ id }) => id)}::bigint[]), ${author.id}`.execute(db);
}

/** A post as `POST /v1/posts` would have written it, its effects done. */
export async function addPost(db: Db, author: Person, caption: string, atMs: number): Promise<string> {
  const postId = newId('post', atMs);
  const key = keyOf(postId);
  const image = { blurhash: 'LEHV6nWB2yk8pyo0adR*.7kCMdnj', aspect_ratio: 1.33 };
  const { id } = await db
    .insertInto('posts')
    .values({
      post_id: postId,
      user_id: author.id,
      caption,
      image_urls: JSON.stringify([imagePaths(key)]),
      ...image,
      created_at: new Date(atMs),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('post_images')
    .values({
      post_id: id,
      position: 1,
      image_key: key,
      original_key: `originals/${key}/1.jpg`,
      content_type: 'image/jpeg',
      width: 4_000,
      height: 3_000,
      rendered_at: new Date(),
      ...image,
    })
    .execute();
  return postId;
}

/** An access token of 15 minutes for a user who never signed in. */
export function tokenFor(secret: string, person: Person): Promise<string> {
  return openTokens(secret).sign(person.userId, newId('session'));
}
