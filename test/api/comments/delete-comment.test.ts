import { expect } from 'chai';
import { type Client, send } from '../../tools/client.ts';
import { say, textsOf, waitsForLock, whileBlocked, whilePrivate } from '../../tools/conversation.ts';
import { effectsOn } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId, noticeRows } from '../../tools/rows.ts';
import { until, type World, world } from '../../tools/world.ts';

describe('DELETE /v1/comments/{comment_id}', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let dora: Client;
  let image: Buffer;
  let postId: string;

  before(async () => {
    w = await world();
    [alice, bob, carol, dora] = await Promise.all([
      w.join('alice'),
      w.join('bob'),
      w.join('carol'),
      w.join('dora'),
    ]);
    await bob.post('/v1/users/@alice/follow');
    image = await photo({ width: 60, height: 60 });
  });
  beforeEach(async () => {
    postId = (await alice.upload(image)).body.post_id;
  });
  after(() => w[Symbol.asyncDispose]());

  const remove = (who: Client, commentId: string) => who.delete(`/v1/comments/${commentId}`);
  const countSeen = async (who: Client) => (await who.get(`/v1/posts/${postId}`)).body.comment_count;
  const rolledUp = async () => {
    await w.settle();
    const row = await w.tools.db
      .selectFrom('posts')
      .select('comment_count')
      .where('post_id', '=', postId)
      .executeTakeFirstOrThrow();
    return row.comment_count;
  };

  it('answers 204, to who wrote it and to whose post it is, and again when it is repeated', async () => {
    for (const who of [bob, alice]) {
      const id = await say(bob, postId, 'gone soon');
      expect((await remove(who, id)).status).to.equal(204);
      expect(await textsOf(carol, `/v1/posts/${postId}/comments`)).to.eql([]);
      const again = await remove(who, id);
      expect([again.status, again.text]).to.eql([204, '']);
      expectRefusal(await remove(who === bob ? alice : bob, id), 'NOT_FOUND', {
        field: 'comment_id',
        message: 'Comment not found',
      });
    }
    expect(await rolledUp()).to.equal(0);
  });

  it('takes replies along and corrects every count at once', async () => {
    const top = await say(bob, postId, 'top');
    const other = await say(carol, postId, 'other');
    const replies = [await say(carol, postId, 'a', top), await say(bob, postId, 'b', top)];
    const inFeed = async () => {
      const { posts } = (await bob.get('/v1/feed')).body;
      return posts.find((post: { post_id: string }) => post.post_id === postId)?.comment_count;
    };
    await w.settle();
    expect([await countSeen(bob), await inFeed()]).to.eql([4, 4]);
    await remove(carol, replies[0] as string);
    expect([await countSeen(bob), await inFeed()]).to.eql([3, 3]);
    const { comments } = (await bob.get(`/v1/posts/${postId}/comments`)).body;
    expect(comments.map((each: { reply_count: number }) => each.reply_count)).to.eql([0, 1]);
    await remove(bob, top);
    expect([await countSeen(bob), await inFeed()]).to.eql([1, 1]);
    expect((await bob.get(`/v1/comments/${top}/replies`)).status).to.equal(404);
    expectRefusal(await remove(bob, replies[1] as string), 'NOT_FOUND', { field: 'comment_id' });
    expect(await rolledUp()).to.equal(1);
    const left = await w.tools.db
      .selectFrom('comments')
      .select('comment_id')
      .where('post_id', '=', await internalId(w, 'posts', postId))
      .execute();
    expect(left).to.eql([{ comment_id: other }]);
  });

  it('counts a reply that is written in the same moment neither too often nor too rarely', async () => {
    const top = await say(bob, postId, 'top');
    await w.settle();
    const [post, writer, parent] = [
      await internalId(w, 'posts', postId),
      await internalId(w, 'users', carol.userId),
      await internalId(w, 'comments', top),
    ];
    const { removed } = await w.tools.db.transaction().execute(async (tx) => {
      await tx
        .insertInto('comments')
        .values({
          comment_id: 'comment_late',
          post_id: post,
          user_id: writer,
          parent_id: parent,
          text: 'late',
        })
        .execute();
      await tx
        .insertInto('count_deltas')
        .values({ counter: 'post.comments', target_id: post, delta: 1, actor_id: null })
        .execute();
      const reply = remove(bob, top);
      await until('the deletion waits for the reply', () => waitsForLock(w, 'FOR UPDATE OF c'));
      return { removed: reply };
    });
    expect((await removed).status).to.equal(204);
    expect(await countSeen(bob)).to.equal(0);
    expect(await rolledUp()).to.equal(0);
  });

  it('counts a comment once that is deleted twice in the same moment', async () => {
    const keep = await say(bob, postId, 'stays');
    const id = await say(bob, postId, 'goes');
    const replies = await Promise.all([remove(bob, id), remove(alice, id), remove(bob, id)]);
    for (const { status } of replies) expect(status).to.be.oneOf([204, 404]);
    expect(await rolledUp()).to.equal(1);
    expect(await textsOf(bob, `/v1/posts/${postId}/comments`)).to.eql(['stays']);
    expect((await remove(bob, keep)).status).to.equal(204);
  });

  it('owes that the post is read anew, and remembers who deleted it', async () => {
    const id = await say(bob, postId, 'gone soon');
    const { headers } = await remove(alice, id);
    const owed = (await effectsOn(w.tools, id)).filter(({ event }) => event === 'commentDeleted');
    expect(owed.map(({ job, payload }) => [job, payload])).to.eql([
      ['refresh-post', { postId, deletedBy: alice.userId, requestId: headers.get('x-request-id') }],
    ]);
  });

  it('takes back what was told of it, its replies and its likes', async () => {
    const top = await say(bob, postId, '@dora, look');
    const reply = await say(carol, postId, 'reply', top);
    await dora.post(`/v1/comments/${top}/like`);
    await dora.post(`/v1/comments/${reply}/like`);
    await w.settle();
    const told = async () =>
      (await noticeRows(w)).filter((each) => each.postId === postId).map(({ to, type }) => `${to} ${type}`);
    expect(await told()).to.eql([
      'alice comment',
      'alice comment',
      'bob comment_like',
      'bob reply',
      'carol comment_like',
      'dora mention',
    ]);
    await remove(alice, top);
    expect(await told()).to.eql([]);
    expect(await w.tools.db.selectFrom('comment_likes').select('user_id').execute()).to.eql([]);
  });

  it('lets nobody else delete it: 403 for who sees it, 404 for who may not', async () => {
    const top = await say(bob, postId, 'mine');
    const reply = await say(carol, postId, 'hers', top);
    for (const [who, id] of [
      [carol, top],
      [bob, reply],
      [dora, top],
    ] as const) {
      expectRefusal(await remove(who, id), 'FORBIDDEN', { field: 'comment_id' });
    }
    const hidden = (id: string) => async () =>
      expectRefusal(await remove(dora, id), 'NOT_FOUND', { field: 'comment_id' });
    await whileBlocked(w, bob, dora, hidden(top));
    await whileBlocked(w, bob, dora, hidden(reply));
    await whileBlocked(w, dora, alice, hidden(top));
    await whilePrivate(w, alice, hidden(top));
    expectRefusal(await send(w.base, 'DELETE', `/v1/comments/${top}`), 'UNAUTHORIZED');
    for (const id of ['comment_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00']) {
      expectRefusal(await remove(bob, id), 'NOT_FOUND', {
        field: 'comment_id',
        message: 'Comment not found',
      });
    }
    expect(await textsOf(bob, `/v1/comments/${top}/replies`)).to.eql(['hers']);
  });

  it('lets people delete what they wrote, or what stands under their post, behind a block as well', async () => {
    const mine = await say(bob, postId, 'mine');
    await whileBlocked(w, alice, bob, async () => {
      expect((await remove(bob, mine)).status).to.equal(204);
    });
    const rude = await say(bob, postId, 'rude');
    await whileBlocked(w, alice, bob, async () => {
      expect((await remove(alice, rude)).status).to.equal(204);
    });
    expect(await rolledUp()).to.equal(0);
  });

  it('repeats its answer under an Idempotency-Key', async () => {
    const id = await say(bob, postId, 'gone soon');
    const key = { 'Idempotency-Key': `delete-${id}` };
    const path = `/v1/comments/${id}`;
    expect((await bob.delete(path, key)).status).to.equal(204);
    const again = await bob.delete(path, key);
    expect([again.status, again.headers.get('idempotent-replayed')]).to.eql([204, 'true']);
  });
});
