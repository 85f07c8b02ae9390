/** Whatever is left of somebody anywhere: in each table, in the object store, in Redis, in Cassandra and Elasticsearch. Nothing here knows the tables by name. */
import { sql } from 'kysely';
import { keyOf } from '../../shared/ids.ts';
import { keysLike } from './redis.ts';
import type { World } from './world.ts';

/** Who it is: the internal id, and the public ids of the account and of all that was theirs. */
export type Sought = { id: number; publicIds: string[] };

/** Records of what was done, which outlive their subjects on purpose, until their retention. */
const records: Record<string, readonly string[]> = {
  effects: ['subject', 'payload'],
  audit_log: ['actor_user_id', 'target_id', 'details'],
  // What was reported stays reported.
  reports: ['target_id', 'resolved_by'],
};

type Column = { table: string; column: string };

/** The columns that refer to the rows of users, or to a column that does, as recovery codes do to their secret. */
export async function referencesToUsers({ tools: { db } }: World): Promise<Column[]> {
  const { rows } = await sql<Column>`
    SELECT c.conrelid::regclass::text AS table, a.attname AS column
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND cardinality(c.conkey) = 1
      AND (c.confrelid = 'users'::regclass OR (c.confrelid, c.confkey[1]) IN (
        SELECT conrelid, conkey[1] FROM pg_constraint WHERE contype = 'f' AND confrelid = 'users'::regclass))`.execute(
    db,
  );
  return rows;
}

/** The columns, `table.column`, in which somebody is found. */
async function columnsWith(w: World, { id, publicIds }: Sought): Promise<string[]> {
  const { db } = w.tools;
  const references = await referencesToUsers(w);
  const { rows: texts } = await sql<Column>`
    SELECT c.table_name AS table, c.column_name AS column FROM information_schema.columns c
      JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
      AND c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'ARRAY')`.execute(db);
  // One that finds nothing to look at would find nothing.
  if (references.length < 20 || texts.length < 60) throw new Error('columns are missing from the search');

  const found: string[] = [];
  for (const { table, column } of references) {
    const { rows } =
      await sql`SELECT FROM ${sql.table(table)} WHERE ${sql.ref(column)} = ${id} LIMIT 1`.execute(db);
    if (rows.length > 0) found.push(`${table}.${column}`);
  }
  const patterns = publicIds.map((publicId) => `%${keyOf(publicId)}%`);
  for (const { table, column } of texts) {
    if (records[table]?.includes(column)) continue;
    const { rows } = await sql`SELECT FROM ${sql.table(table)}
      WHERE ${sql.ref(column)}::text LIKE ANY(${patterns}) LIMIT 1`.execute(db);
    if (rows.length > 0) found.push(`${table}.${column}`);
  }
  return found;
}

/** Everything a key holds, as text. Others' live streams tell what they were told, for a day. */
async function contentOf({ tools: { cache } }: World, key: string): Promise<string> {
  switch (await cache.type(key)) {
    case 'string':
      return (await cache.get(key)) ?? '';
    case 'hash':
      return JSON.stringify(await cache.hgetall(key));
    case 'set':
      return (await cache.smembers(key)).join(' ');
    case 'zset':
      return (await cache.zrange(key, '0', '-1')).join(' ');
    case 'list':
      return (await cache.lrange(key, 0, -1)).join(' ');
    default:
      return '';
  }
}

/** The keys in Redis that name somebody or hold something of theirs; queues and the log of changes roll over. */
async function keysWith(w: World, { publicIds }: Sought): Promise<string[]> {
  const parts = publicIds.map(keyOf);
  const found: string[] = [];
  for (const key of await keysLike(w.tools.cache, '*')) {
    if (key.startsWith('{emulsion-') || key === 'changes') continue;
    const text = `${key} ${await contentOf(w, key)}`;
    if (parts.some((part) => text.includes(part))) found.push(key);
  }
  return found;
}

/** Every place where something of somebody is left. */
export async function tracesOf(w: World, sought: Sought): Promise<string[]> {
  const objects = await w.objects();
  const parts = sought.publicIds.map(keyOf);
  return [
    ...(await columnsWith(w, sought)),
    ...objects.filter((key) => parts.some((part) => key.includes(part))).map((key) => `object ${key}`),
    ...(await keysWith(w, sought)).map((key) => `key ${key}`),
    ...(await w.placesOf(parts)),
  ];
}

/** The public ids of an account and of all posts, stories, comments and the like that are its own. */
export async function idsOf({ tools: { db } }: World, userId: string): Promise<Sought> {
  const { id } = await db
    .selectFrom('users')
    .select('id')
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  const { rows } = await sql<{ public_id: string }>`
    SELECT post_id AS public_id FROM posts WHERE user_id = ${id}
    UNION ALL SELECT story_id FROM stories WHERE user_id = ${id}
    UNION ALL SELECT comment_id FROM comments WHERE user_id = ${id}
    UNION ALL SELECT highlight_id FROM highlights WHERE user_id = ${id}
    UNION ALL SELECT session_id FROM sessions WHERE user_id = ${id}
    UNION ALL SELECT export_id FROM exports WHERE user_id = ${id}`.execute(db);
  return { id, publicIds: [userId, ...rows.map((row) => row.public_id)] };
}
