import { expect } from 'chai';
import { sweepCounts } from '../../../workers/sweep.ts';
import { type Client, send } from '../../tools/client.ts';
import { say, waitsForLock, whileBlocked, whileHidden, whilePrivate } from '../../tools/conversation.ts';
import { listen } from '../../tools/listen.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId, noticeRows } from '../../tools/rows.ts';
import { until, type World, world } from '../../tools/world.ts';

describe('POST and DELETE /v1/comments/{comment_id}/like', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let postId: string;
  let commentId: string;
  let like: string;

  before(async () => {
    w = await world();
    [alice, bob, carol] = await Promise.all([w.join('alice'), w.join('bob'), w.join('carol')]);
    postId = (await alice.upload(await photo({ width: 60, height: 60 }))).body.post_id;
  });
  beforeEach(async () => {
    commentId = await say(bob, postId, 'likeable');
    like = `/v1/comments/${commentId}/like`;
  });
  after(() => w[Symbol.asyncDispose]());

  const rowOf = () =>
    w.tools.db
      .selectFrom('comments')
      .select(['id', 'like_count'])
      .where('comment_id', '=', commentId)
      .executeTakeFirstOrThrow();
  const likesTold = async () => {
    const { id } = await rowOf();
    return w.tools.db
      .selectFrom('notifications as n')
      .innerJoin('users as told', 'told.id', 'n.user_id')
      .innerJoin('users as actor', 'actor.id', 'n.actor_id')
      .select(['told.username as to', 'actor.username as from'])
      .where('n.comment_id', '=', id)
      .where('n.type', '=', 'comment_like')
      .orderBy('actor.username')
      .execute();
  };
  const seen = async (who: Client) => {
    const { comments } = (await who.get(`/v1/posts/${postId}/comments`)).body;
    const found = comments.find((each: { comment_id: string }) => each.comment_id === commentId);
    return [found.is_liked, found.like_count];
  };

  it('answer 200 with the state and the count, the own act included', async () => {
    const liked = await carol.post(like);
    expect(liked.status, liked.text).to.equal(200);
    expect(liked.body).to.eql({ comment_id: commentId, is_liked: true, like_count: 1 });
    expect((await bob.post(like)).body.like_count, 'one may like what one wrote').to.equal(2);
    const unliked = await carol.delete(like);
    expect(unliked.status).to.equal(200);
    expect(unliked.body).to.eql({ comment_id: commentId, is_liked: false, like_count: 1 });
  });

  it('change nothing when they are said twice', async () => {
    for (const n of [1, 2]) {
      expect((await carol.post(like)).body.like_count, `time ${n}`).to.equal(1);
      await w.settle();
    }
    for (const n of [1, 2]) {
      expect((await carol.delete(like)).body.like_count, `time ${n}`).to.equal(0);
      await w.settle();
    }
    expect((await rowOf()).like_count).to.equal(0);
  });

  it('show in the list at once, and stay when the deltas are rolled up', async () => {
    expect(await seen(carol)).to.eql([false, 0]);
    await carol.post(like);
    expect(await seen(carol)).to.eql([true, 1]);
    expect(await seen(bob)).to.eql([false, 1]);
    await w.settle();
    expect((await rowOf()).like_count).to.equal(1);
    expect(await seen(carol)).to.eql([true, 1]);
    await carol.delete(like);
    expect(await seen(carol)).to.eql([false, 0]);
  });

  it('count every like of a crowd once', async () => {
    const crowd = [alice, bob, carol];
    await Promise.all([...crowd, ...crowd, ...crowd].map((who) => who.post(like)));
    await w.settle();
    expect((await rowOf()).like_count).to.equal(3);
    await Promise.all([...crowd, ...crowd].map((who) => who.delete(like)));
    await w.settle();
    expect((await rowOf()).like_count).to.equal(0);
    expect(await w.tools.db.selectFrom('count_deltas').selectAll().execute()).to.eql([]);
  });

  it('are counted although the API died right after the commit', async () => {
    const { id } = await rowOf();
    const actor = await internalId(w, 'users', carol.userId);
    await w.tools.db.insertInto('comment_likes').values({ user_id: actor, comment_id: id }).execute();
    await w.tools.db
      .insertInto('count_deltas')
      .values({ counter: 'comment.likes', target_id: id, delta: 1, actor_id: actor })
      .execute();
    await sweepCounts(w.tools, 0);
    await w.settle();
    expect((await rowOf()).like_count).to.equal(1);
    expect(await likesTold()).to.eql([{ to: 'bob', from: 'carol' }]);
  });

  it('tell who wrote it, take that back with the like, and say nothing of one of their own', async () => {
    await using ear = await listen(w.base, bob);
    await carol.post(like);
    await bob.post(like);
    await w.settle();
    expect(await likesTold()).to.eql([{ to: 'bob', from: 'carol' }]);
    await until('bob hears', () => ear.messages.some(({ data }) => data?.type === 'comment_like'));
    const heard = ear.messages.find(({ data }) => data?.type === 'comment_like')?.data;
    expect(heard).to.deep.include({ post_id: postId, comment_id: commentId });
    expect(heard?.actor).to.deep.include({ username: 'carol' });
    await carol.delete(like);
    await w.settle();
    expect(await likesTold()).to.eql([]);
    expect(
      (await noticeRows(w)).some(({ type }) => type === 'like'),
      'no like of the post',
    ).to.equal(false);
  });

  it('tell nobody who may not read the comment where it stands', async () => {
    await whileBlocked(w, alice, bob, async () => {
      await carol.post(like);
      await w.settle();
    });
    expect(await likesTold()).to.eql([]);
    expect((await rowOf()).like_count).to.equal(1);
  });

  it('repeat their answer under an Idempotency-Key', async () => {
    const key = { 'Idempotency-Key': `like-${commentId}` };
    const first = await carol.post(like, undefined, key);
    await alice.post(like);
    const again = await carol.post(like, undefined, key);
    expect(again.text).to.equal(first.text);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
  });

  it('answer 404 for a comment there is none of, or that may not be known of', async () => {
    const refuse = async (who: Client, path = like) => {
      for (const reply of [await who.post(path), await who.delete(path)]) {
        expectRefusal(reply, 'NOT_FOUND', { field: 'comment_id', message: 'Comment not found' });
      }
    };
    for (const id of ['comment_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00', '%F0%9F%98%80']) {
      await refuse(carol, `/v1/comments/${id}/like`);
    }
    await whileBlocked(w, bob, carol, () => refuse(carol));
    await whileBlocked(w, carol, bob, () => refuse(carol));
    await whileBlocked(w, alice, carol, () => refuse(carol));
    await whileHidden(w, bob, () => refuse(carol));
    await whilePrivate(w, alice, () => refuse(carol));
    expect((await carol.post(like)).status).to.equal(200);
    await bob.delete(`/v1/comments/${commentId}`);
    await refuse(carol);
    expectRefusal(await send(w.base, 'POST', like), 'UNAUTHORIZED');
    expectRefusal(await send(w.base, 'DELETE', like), 'UNAUTHORIZED');
  });

  it('answer 404 when the comment is deleted in the same moment', async () => {
    const { id } = await rowOf();
    const { reply } = await w.tools.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('comments').where('id', '=', id).execute();
      const liking = carol.post(like);
      await until('the like waits for the deletion', () => waitsForLock(w, 'comment_likes'));
      return { reply: liking };
    });
    expectRefusal(await reply, 'NOT_FOUND', { field: 'comment_id', message: 'Comment not found' });
  });
});
