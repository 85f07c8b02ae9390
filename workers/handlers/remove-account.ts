/**
 * Removes a deleted account: what it showed, what it did to others and their things, what others did to it, and at last
 * its row. It goes on where an earlier run was cut off, since each step looks for what is left.
 *
 * Decision 13 says why.
 */
import { sql } from 'kysely';
import type { Tools } from '../../shared/tools.ts';
import { endFollows } from '../account/end-follows.ts';
import { removePosts, removeStories } from '../account/remove-posts.ts';
import { removeAccountRow, removeKeptOutcomes, removeRows } from '../account/remove-rows.ts';
import { removeTraces } from '../account/remove-traces.ts';
import type { Account, Step } from '../account/step.ts';
import { removeComments, takeBackActs } from '../account/take-back-acts.ts';
import type { Handler } from '../handler.ts';

/** Follows come first: a post without followers is dropped from nobody's feed, however many posts there are. */
const steps: readonly Step[] = [
  endFollows,
  removePosts,
  removeStories,
  removeComments,
  takeBackActs,
  removeRows,
  removeKeptOutcomes,
];

export const removeAccount: Handler<'remove-account'> = async ({ userId }, { tools, signal }) => {
  for (;;) {
    const account = await find(tools, userId);
    if (account && !account.isDeleted) return;
    if (!account) break;
    for (const step of steps) await step(tools, account, signal);
    if (await removeAccountRow(tools, account)) break;
  }
  await removeTraces(tools, userId);
};

async function find({ db }: Tools, userId: string): Promise<(Account & { isDeleted: boolean }) | undefined> {
  const { rows } = await sql<Account & { isDeleted: boolean }>`
    SELECT id, user_id AS "userId", deleted_at IS NOT NULL AS "isDeleted" FROM users
    WHERE user_id = ${userId}`.execute(db);
  return rows[0];
}
