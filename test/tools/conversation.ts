/** Comments as a test writes them, and what can come between people who do. */
import { sql } from 'kysely';
import type { Client } from './client.ts';
import { internalId } from './rows.ts';
import type { World } from './world.ts';

/** Comments on a post, or replies to a comment, and answers the comment's id. */
export async function say(who: Client, postId: string, text: string, parentId?: string): Promise<string> {
  const reply = await who.post(`/v1/posts/${postId}/comment`, {
    text,
    ...(parentId && { parent_id: parentId }),
  });
  if (reply.status !== 201) throw new Error(`${who.username} says "${text}": ${reply.status} ${reply.text}`);
  return reply.body.comment_id;
}

/** The texts of a list of comments. */
export async function textsOf(reader: Client, path: string): Promise<string[]> {
  const { body } = await reader.get(path);
  return body.comments.map((comment: { text: string }) => comment.text);
}

/** Every comment of a list, page by page. */
export async function readAll(reader: Client, path: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await reader.get(`${path}?limit=${limit}${cursor && `&cursor=${cursor}`}`);
    ids.push(...body.comments.map((comment: { comment_id: string }) => comment.comment_id));
    cursor = body.next_cursor;
  }
  return ids;
}

/** Runs `meanwhile` with a block between two people, whoever set it. */
export async function whileBlocked(
  w: Pick<World, 'tools'>,
  blocker: Client,
  blocked: Client,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const { db } = w.tools;
  const { id } = await db
    .insertInto('blocks')
    .values({
      blocker_id: await internalId(w, 'users', blocker.userId),
      blocked_id: await internalId(w, 'users', blocked.userId),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  try {
    await meanwhile();
  } finally {
    await db.deleteFrom('blocks').where('id', '=', id).execute();
  }
}

/** Runs `meanwhile` while an account is suspended. */
export async function whileHidden(
  { tools: { db } }: Pick<World, 'tools'>,
  whom: Client,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const set = (at: Date | null) =>
    db.updateTable('users').set({ suspended_at: at }).where('user_id', '=', whom.userId).execute();
  await set(new Date());
  try {
    await meanwhile();
  } finally {
    await set(null);
  }
}

/** Runs `meanwhile` while an account is private. */
export async function whilePrivate(
  { tools: { db } }: Pick<World, 'tools'>,
  whom: Client,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const set = (isPrivate: boolean) =>
    db.updateTable('users').set({ is_private: isPrivate }).where('user_id', '=', whom.userId).execute();
  await set(true);
  try {
    await meanwhile();
  } finally {
    await set(false);
  }
}

/** True while a statement that contains this text waits for a lock. */
export async function waitsForLock({ tools: { db } }: Pick<World, 'tools'>, text: string): Promise<boolean> {
  const { rows } = await sql`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
    AND datname = current_database() AND query LIKE ${`%${text}%`}`.execute(db);
  return rows.length > 0;
}
