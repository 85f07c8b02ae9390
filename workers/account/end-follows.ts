/** Ends all follows of an account, both ways: the counts of the others follow, and their feeds are built anew without it. */
import { sql } from 'kysely';
import type { Counter } from '../../shared/counts/counters.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Person } from '../../shared/users/follows.ts';
import { lockBetweenAll } from '../../shared/users/locks.ts';
import { type Account, type Step, untilNone } from './step.ts';

/** Each costs some commands of Redis, and a lock. */
const followsPerBatch = 200;

/** Of a follow: the column of the account, that of the other, and which count of the other it was part of. */
const sides = {
  followers: { own: 'following_id', other: 'follower_id', counter: 'user.following' },
  followed: { own: 'follower_id', other: 'following_id', counter: 'user.followers' },
} as const satisfies Record<string, { own: string; other: string; counter: Counter }>;

type Side = keyof typeof sides;

export const endFollows: Step = async (tools, account, signal) => {
  for (const side of ['followers', 'followed'] as const) {
    await untilNone(signal, async () => {
      const others = await endBatch(tools, account, side);
      if (others.length === 0) return 0;
      await forget(tools, side, others);
      await Promise.all(others.map(({ id }) => tools.rollUp(sides[side].counter, id)));
      return others.length;
    });
  }
};

async function endBatch(tools: Tools, account: Account, side: Side): Promise<Person[]> {
  const { own, other, counter } = sides[side];
  return tools.db.transaction().execute(async (tx) => {
    const { rows: others } = await sql<Person>`
      SELECT u.id, u.user_id AS "userId" FROM follows f JOIN users u ON u.id = ${sql.ref(`f.${other}`)}
      WHERE ${sql.ref(`f.${own}`)} = ${account.id} ORDER BY f.id LIMIT ${followsPerBatch}`.execute(tx);
    if (others.length === 0) return [];
    const ids = others.map(({ id }) => id);
    await lockBetweenAll(tx, account.id, ids);
    // The account's own counts go with its row.
    await sql`
      WITH ended AS (DELETE FROM follows WHERE ${sql.ref(own)} = ${account.id} AND ${sql.ref(other)} = ANY(${ids})
        RETURNING ${sql.ref(other)} AS id)
      INSERT INTO count_deltas (counter, target_id, delta) SELECT ${counter}::text, id, -1 FROM ended`.execute(
      tx,
    );
    // Before the commit too: after a crash nobody would know whose caches these were.
    await forget(tools, side, others);
    return others;
  });
}

/** A feed that is built again leaves the posts of a hidden author out, whether the follow stands or not. */
async function forget({ feeds, trays, graph, profiles }: Tools, side: Side, others: Person[]): Promise<void> {
  const userIds = others.map(({ userId }) => userId);
  await Promise.all(userIds.map((userId) => profiles.forgetCounts(userId)));
  if (side === 'followed') return;
  await feeds.forgetAll(userIds);
  await Promise.all(userIds.flatMap((userId) => [graph.forget(userId), trays.forget(userId)]));
}
