/** Removes what needs no more than the removal of its rows, and at last the row of the account. */
import { sql } from 'kysely';
import { keys } from '../../shared/keys.ts';
import type { Tools } from '../../shared/tools.ts';
import { type Account, nextRows, rowsPerBatch, type Step, untilNone } from './step.ts';

/**
 * Tables that can hold many rows of one account, with their column of it; a column for each way to belong to it. All
 * of them would go with the row of the account, too, though in one long statement.
 */
const own = [
  ['post_tags', 'user_id'],
  ['follow_requests', 'requester_id'],
  ['follow_requests', 'requested_id'],
  ['blocks', 'blocker_id'],
  ['blocks', 'blocked_id'],
  ['mutes', 'muter_id'],
  ['mutes', 'muted_id'],
  ['notifications', 'actor_id'],
  ['notifications', 'user_id'],
  ['notification_groups', 'user_id'],
  ['highlights', 'user_id'],
  ['sessions', 'user_id'],
] as const;

export const removeRows: Step = async ({ db }, account, signal) => {
  for (const [table, column] of own) {
    await untilNone(signal, async () => {
      const { rows } = await sql`DELETE FROM ${sql.table(table)}
        WHERE ${nextRows(table, column, account)} RETURNING 1`.execute(db);
      return rows.length;
    });
  }
};

/** Outcomes that were kept under keys of the account, and the copies of them in Redis. */
export const removeKeptOutcomes: Step = async ({ db, cache }, account, signal) => {
  await untilNone(signal, async () => {
    const kept = await db
      .selectFrom('idempotency_keys')
      .select('scope')
      .where('user_id', '=', account.id)
      .limit(rowsPerBatch)
      .execute();
    const scopes = kept.map(({ scope }) => scope);
    if (scopes.length === 0) return 0;
    await Promise.all(scopes.map((scope) => cache.unlink(keys.idempotency(scope))));
    await db.deleteFrom('idempotency_keys').where('scope', 'in', scopes).execute();
    return scopes.length;
  });
};

/** Tables whose rows must be removed by the steps, since more than the row has to go or to be counted. */
const stepped = [
  ['posts', 'user_id'],
  ['stories', 'user_id'],
  ['comments', 'user_id'],
  ['likes', 'user_id'],
  ['saves', 'user_id'],
  ['comment_likes', 'user_id'],
  ['follows', 'follower_id'],
  ['follows', 'following_id'],
] as const;

/**
 * Removes the row of the account with whatever little still hangs on it.
 *
 * @returns false if there is something for the steps again: a request that was under way when the account was deleted
 *   has committed it since.
 */
export async function removeAccountRow({ db }: Tools, { id }: Account): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    // Whoever writes a row that refers to the account holds a share of this lock until they have committed.
    await sql`SELECT FROM users WHERE id = ${id} FOR UPDATE`.execute(tx);
    const isLeft = sql.join(
      stepped.map(
        ([table, column]) => sql`EXISTS (SELECT FROM ${sql.table(table)} WHERE ${sql.ref(column)} = ${id})`,
      ),
      sql` OR `,
    );
    const { rows } = await sql<{ is_left: boolean }>`SELECT ${isLeft} AS is_left`.execute(tx);
    if (rows[0]?.is_left) return false;
    await tx.deleteFrom('users').where('id', '=', id).execute();
    return true;
  });
}
