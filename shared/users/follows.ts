/**
 * Follows and requests to follow: their rows, counts and notices, for whoever makes or ends them. Callers hold the
 * lock between the two people (`lockBetween`).
 */
import { addDelta } from '../counts/index.ts';
import type { Tx } from '../db/index.ts';
import { withdraw } from '../notifications/index.ts';
import type { Tools } from '../tools.ts';
import { lockBetweenAll } from './locks.ts';

/** A user by both their ids. */
export type Person = { id: number; userId: string };

/** Makes one follow the other. @returns false if that was so already. */
async function addFollow(tx: Tx, follower: Person, followed: Person): Promise<boolean> {
  const row = await tx
    .insertInto('follows')
    .values({ follower_id: follower.id, following_id: followed.id })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!row) return false;
  await addDelta(tx, 'user.followers', followed.id, 1);
  await addDelta(tx, 'user.following', follower.id, 1);
  return true;
}

/** Makes one follow the other, who is asked no longer. @returns false if that was so already. */
export async function beginFollow(
  { outbox }: Tools,
  tx: Tx,
  follower: Person,
  followed: Person,
): Promise<boolean> {
  await endRequest(tx, follower, followed);
  if (!(await addFollow(tx, follower, followed))) return false;
  const facts = { followerId: follower.userId, userId: followed.userId };
  await outbox.emit(tx, 'userFollowed', followed.userId, facts);
  return true;
}

/** Ends a follow, and takes back what was told of it. @returns false if there was none. */
export async function endFollow(tx: Tx, follower: Person, followed: Person): Promise<boolean> {
  const row = await tx
    .deleteFrom('follows')
    .where('follower_id', '=', follower.id)
    .where('following_id', '=', followed.id)
    .returning('id')
    .executeTakeFirst();
  if (!row) return false;
  await addDelta(tx, 'user.followers', followed.id, -1);
  await addDelta(tx, 'user.following', follower.id, -1);
  await withdraw(tx, { userId: followed.id, actorId: follower.id, type: 'follow' });
  await withdraw(tx, { userId: follower.id, actorId: followed.id, type: 'follow_accepted' });
  return true;
}

/** Asks to follow a private account. @returns false if that was asked already. */
export async function beginRequest(
  { outbox }: Tools,
  tx: Tx,
  requester: Person,
  requested: Person,
): Promise<boolean> {
  const row = await tx
    .insertInto('follow_requests')
    .values({ requester_id: requester.id, requested_id: requested.id })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!row) return false;
  const facts = { requesterId: requester.userId, userId: requested.userId };
  await outbox.emit(tx, 'followRequested', requested.userId, facts);
  return true;
}

/** Ends a request, withdrawn or answered, and takes back what was told of it. @returns false if there was none. */
export async function endRequest(tx: Tx, requester: Person, requested: Person): Promise<boolean> {
  const row = await tx
    .deleteFrom('follow_requests')
    .where('requester_id', '=', requester.id)
    .where('requested_id', '=', requested.id)
    .returning('id')
    .executeTakeFirst();
  if (!row) return false;
  await withdraw(tx, { userId: requested.id, actorId: requester.id, type: 'follow_request' });
  return true;
}

/** Makes a follow of a request. @returns false if there is none (any more). */
export async function acceptRequest(
  { outbox }: Tools,
  tx: Tx,
  requester: Person,
  requested: Person,
): Promise<boolean> {
  if (!(await endRequest(tx, requester, requested))) return false;
  if (await addFollow(tx, requester, requested)) {
    const facts = { followerId: requester.userId, userId: requested.userId };
    await outbox.emit(tx, 'followAccepted', requested.userId, facts);
  }
  return true;
}

/**
 * Makes follows of the oldest requests of somebody whose account is public by now. The caller holds the lock of
 * their settings; those between the people are taken here.
 *
 * @returns who follows now, and whether other requests may be left.
 */
export async function acceptOldestRequests(
  tools: Tools,
  tx: Tx,
  requested: Person,
  limit: number,
): Promise<{ accepted: Person[]; mayBeMore: boolean }> {
  const requesters = await tx
    .selectFrom('follow_requests')
    .innerJoin('users', 'users.id', 'follow_requests.requester_id')
    .select(['users.id', 'users.user_id as userId'])
    .where('requested_id', '=', requested.id)
    .orderBy('follow_requests.id')
    .limit(limit)
    .execute();
  await lockBetweenAll(
    tx,
    requested.id,
    requesters.map(({ id }) => id),
  );
  const accepted: Person[] = [];
  for (const requester of requesters) {
    if (await acceptRequest(tools, tx, requester, requested)) accepted.push(requester);
  }
  return { accepted, mayBeMore: requesters.length === limit };
}

/** What is cached of a follow is forgotten, and its counts are added up. Call it after the commit that began or ended it. */
export async function forgetFollow(tools: Tools, follower: Person, followed: Person): Promise<void> {
  await Promise.all([
    tools.feeds.forget(follower.userId),
    tools.trays.forget(follower.userId),
    tools.graph.forget(follower.userId),
    tools.profiles.forgetCounts(follower.userId),
    tools.profiles.forgetCounts(followed.userId),
    tools.rollUp('user.followers', followed.id),
    tools.rollUp('user.following', follower.id),
  ]);
}
