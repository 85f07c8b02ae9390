/** Takes back what an account did to things of others: comments, likes, saves. The counts follow. */
import { sql } from 'kysely';
import { afterRemoval, removeComment } from '../../shared/comments/remove.ts';
import type { Counter } from '../../shared/counts/counters.ts';
import { nextRows, type Step, untilNone } from './step.ts';

const commentsPerBatch = 100;

/** Comments go one by one, each with the replies to it, as when their author deletes them. */
export const removeComments: Step = async (tools, { id, userId }, signal) => {
  await untilNone(signal, async () => {
    const comments = await tools.db
      .selectFrom('comments')
      .select('id')
      .where('user_id', '=', id)
      .limit(commentsPerBatch)
      .execute();
    for (const comment of comments) {
      signal.throwIfAborted();
      const removal = await tools.db
        .transaction()
        .execute((tx) => removeComment(tools, tx, comment.id, userId));
      if (removal) await afterRemoval(tools, removal);
    }
    return comments.length;
  });
};

/** What is counted: the table of the acts, its column of what they were done to, and the count there. */
const acts = [
  { table: 'likes', target: 'post_id', counter: 'post.likes' },
  { table: 'saves', target: 'post_id', counter: 'post.saves' },
  { table: 'comment_likes', target: 'comment_id', counter: 'comment.likes' },
] as const satisfies { table: string; target: string; counter: Counter }[];

/** Notices of these acts are removed with all that were told of the account. */
export const takeBackActs: Step = async (tools, account, signal) => {
  for (const { table, target, counter } of acts) {
    await untilNone(signal, async () => {
      const { rows } = await sql<{ target_id: number }>`
        WITH gone AS (DELETE FROM ${sql.table(table)} WHERE ${nextRows(table, 'user_id', account)}
          RETURNING ${sql.ref(target)} AS target_id)
        INSERT INTO count_deltas (counter, target_id, delta) SELECT ${counter}::text, target_id, -1 FROM gone
        RETURNING target_id`.execute(tools.db);
      await Promise.all(rows.map((row) => tools.rollUp(counter, row.target_id)));
      return rows.length;
    });
  }
};
