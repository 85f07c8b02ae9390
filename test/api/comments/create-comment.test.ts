import { expect } from 'chai';
import { type Client, send } from '../../tools/client.ts';
import {
  say,
  textsOf,
  waitsForLock,
  whileBlocked,
  whileHidden,
  whilePrivate,
} from '../../tools/conversation.ts';
import { effectsOn, queuedJobs } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { until, type World, world } from '../../tools/world.ts';

const nowhere = ['comment_01j8z3k4m5n6p7q8r9s0t1v2w3', 'post_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '', '😀'];

describe('POST /v1/posts/{post_id}/comment', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let image: Buffer;
  let postId: string;
  const comment = (who: Client, body: unknown, headers?: Record<string, string>) =>
    who.post(`/v1/posts/${postId}/comment`, body, headers);

  before(async () => {
    w = await world({ serves: [] });
    [alice, bob, carol] = await Promise.all([w.join('alice'), w.join('bob'), w.join('carol')]);
    await bob.post('/v1/users/@alice/follow');
    image = await photo({ width: 60, height: 60 });
  });
  beforeEach(async () => {
    postId = (await alice.upload(image)).body.post_id;
    await w.tools.feeds.forget(bob.userId);
  });
  after(() => w[Symbol.asyncDispose]());

  it('answers 201 with the comment', async () => {
    const { status, body, text } = await comment(bob, { text: 'Wonderful!' });
    expect(status, text).to.equal(201);
    const { comment_id: commentId, created_at: createdAt, ...rest } = body;
    const { user } = (await bob.upload(image)).body;
    expect(rest).to.eql({
      post_id: postId,
      user,
      text: 'Wonderful!',
      parent_id: null,
      like_count: 0,
      reply_count: 0,
      is_liked: false,
    });
    expect(commentId).to.match(/^comment_[0-9a-z]{26}$/);
    expect(Date.now() - Date.parse(createdAt)).to.be.within(0, 10_000);
  });

  it('keeps a row and a delta, and owes a notice and that the post is read anew', async () => {
    const { body, headers } = await comment(bob, { text: 'Wonderful!', parent_id: null });
    const { db } = w.tools;
    const row = await db
      .selectFrom('comments')
      .selectAll()
      .where('comment_id', '=', body.comment_id)
      .executeTakeFirstOrThrow();
    const post = await internalId(w, 'posts', postId);
    expect(row).to.deep.include({
      post_id: post,
      user_id: await internalId(w, 'users', bob.userId),
      parent_id: null,
      text: 'Wonderful!',
    });
    expect(row.created_at.toISOString()).to.equal(body.created_at);
    const deltas = await db
      .selectFrom('count_deltas')
      .select(['delta'])
      .where('counter', '=', 'post.comments')
      .where('target_id', '=', post)
      .execute();
    expect(deltas).to.eql([{ delta: 1 }]);
    const requestId = headers.get('x-request-id');
    expect(await effectsOn(w.tools, body.comment_id)).to.eql([
      {
        event: 'commentCreated',
        job: 'notify-commented',
        state: 'pending',
        payload: { commentId: body.comment_id, requestId },
      },
      { event: 'commentCreated', job: 'refresh-post', state: 'pending', payload: { postId, requestId } },
    ]);
    const rollUps = (await queuedJobs(w.tools)).filter(
      ({ payload: { counter, targetId } }) => counter === 'post.comments' && targetId === post,
    );
    expect(rollUps.map(({ name }) => name)).to.eql(['roll-up-count']);
  });

  it('counts at once in the post, the profile and every feed, before any worker has run', async () => {
    const countIn = (posts: { post_id: string; comment_count: number }[]) =>
      posts.find((post) => post.post_id === postId)?.comment_count;
    const seen = async (who: Client) => [
      (await who.get(`/v1/posts/${postId}`)).body.comment_count,
      countIn((await who.get('/v1/users/@alice/posts')).body.posts),
      countIn((await who.get('/v1/feed')).body.posts),
    ];
    for (const who of [alice, bob]) expect(await seen(who)).to.eql([0, 0, 0]);
    const first = await say(bob, postId, 'one');
    for (const who of [bob, alice]) expect(await seen(who)).to.eql([1, 1, 1]);
    await say(alice, postId, 'two', first);
    for (const who of [alice, bob]) expect(await seen(who)).to.eql([2, 2, 2]);
  });

  it('keeps a text as it was typed, whatever its script, up to 2,200 characters', async () => {
    const texts = [
      '  indented,\nand on two lines\t',
      'שלום עולם, مرحبا \u200fبالعالم\u200e!',
      '👩‍👩‍👧‍👦 is one family, 🏳️‍🌈 one flag; e\u0301 stays decomposed',
      '<script>alert("&amp;")</script>',
      '😀'.repeat(2_200),
      'ö'.repeat(2_200),
    ];
    for (const text of texts) {
      const { status, body } = await comment(bob, { text });
      expect(status, text.slice(0, 40)).to.equal(201);
      expect(body.text).to.equal(text);
    }
    expect(await textsOf(carol, `/v1/posts/${postId}/comments`)).to.eql(texts.toReversed());
  });

  it('refuses what is no comment, by the name of the field', async () => {
    const refused: [body: unknown, field: string, reason?: string | RegExp][] = [
      [{}, 'text'],
      [{ text: null }, 'text'],
      [{ text: 7 }, 'text'],
      [{ text: '' }, 'text', 'Must not be blank'],
      [{ text: ' \n\t\u00a0\u3000' }, 'text', 'Must not be blank'],
      [{ text: '\u200b\u200d\u2060\ufe0f\u3164' }, 'text', 'Must not be blank'],
      [{ text: 'x'.repeat(2_201) }, 'text', 'Must be at most 2200 characters'],
      [{ text: '😀'.repeat(2_201) }, 'text', 'Must be at most 2200 characters'],
      [{ text: 'nul\0' }, 'text', /NUL/],
      [{ text: 'x', parent_id: 7 }, 'parent_id'],
      [{ text: 'x', parent_id: '\0' }, 'parent_id', /NUL/],
      [{ text: 'x', colour: 'red' }, 'colour', 'Unknown field'],
      [[], 'body'],
    ];
    for (const [body, field, reason] of refused) {
      expectRefusal(await comment(bob, body), 'INVALID_INPUT', { field, ...(reason && { reason }) });
    }
    expect(await textsOf(bob, `/v1/posts/${postId}/comments`)).to.eql([]);
  });

  it('puts a reply under its top-level comment, also a reply to a reply', async () => {
    const top = await say(bob, postId, 'top');
    const first = await comment(carol, { text: 'first', parent_id: top });
    expect(first.status, first.text).to.equal(201);
    expect(first.body).to.deep.include({ parent_id: top, reply_count: 0 });
    const second = await comment(bob, { text: 'second', parent_id: first.body.comment_id });
    expect(second.body.parent_id).to.equal(top);
    const owed = await effectsOn(w.tools, second.body.comment_id);
    expect(owed[0]?.payload).to.deep.include({ repliedToId: first.body.comment_id });
    expect(await textsOf(alice, `/v1/comments/${top}/replies`)).to.eql(['first', 'second']);
    const { comments } = (await alice.get(`/v1/posts/${postId}/comments`)).body;
    expect(comments.map((each: { reply_count: number }) => each.reply_count)).to.eql([2]);
  });

  it('refuses a reply to a comment on another post', async () => {
    const other = (await alice.upload(image)).body.post_id;
    const elsewhere = await say(bob, other, 'elsewhere');
    const refused = await comment(carol, { text: 'lost', parent_id: elsewhere });
    expectRefusal(refused, 'INVALID_INPUT', { field: 'parent_id', reason: /another post/ });
    await alice.put(`/v1/posts/${other}`, { is_archived: true });
    const unknown = await comment(carol, { text: 'lost', parent_id: elsewhere });
    expectRefusal(unknown, 'NOT_FOUND', { field: 'parent_id', message: 'Comment not found' });
  });

  it('answers 404 for a parent that is gone, never was, or may not be seen', async () => {
    const top = await say(bob, postId, 'top');
    const reply = await say(carol, postId, 'reply', top);
    const refuse = async (who: Client, parentId: string) =>
      expectRefusal(await comment(who, { text: 'x', parent_id: parentId }), 'NOT_FOUND', {
        field: 'parent_id',
        message: 'Comment not found',
      });
    for (const parentId of nowhere) await refuse(carol, parentId);
    await whileBlocked(w, bob, carol, () => refuse(carol, top));
    const dora = await w.join(`dora${Date.now()}`);
    await whileBlocked(w, dora, bob, () => refuse(dora, reply));
    await whileHidden(w, carol, () => refuse(bob, reply));
    await bob.delete(`/v1/comments/${top}`);
    for (const parentId of [top, reply]) await refuse(carol, parentId);
  });

  it('lets nobody comment once comments are turned off, and everybody once they are on again', async () => {
    const before = await say(bob, postId, 'before');
    await alice.put(`/v1/posts/${postId}`, { is_comments_disabled: true });
    for (const who of [alice, bob]) {
      for (const body of [{ text: 'x' }, { text: 'x', parent_id: before }]) {
        expectRefusal(await comment(who, body), 'FORBIDDEN', {
          field: 'post_id',
          reason: 'Comments on this post are turned off',
        });
      }
    }
    expect(await textsOf(bob, `/v1/posts/${postId}/comments`), 'what was said stays').to.eql(['before']);
    const inFeed = (await bob.get('/v1/feed')).body.posts[0];
    expect(inFeed).to.deep.include({ post_id: postId, is_comments_disabled: true, comment_count: 1 });
    await alice.put(`/v1/posts/${postId}`, { is_comments_disabled: false });
    await say(bob, postId, 'after');
    expect(await textsOf(bob, `/v1/posts/${postId}/comments`)).to.eql(['after', 'before']);
  });

  it('answers 404 for a post there is none of, or that may not be known of', async () => {
    const refuse = async (who: Client, id: string) =>
      expectRefusal(
        await who.post(`/v1/posts/${encodeURIComponent(id)}/comment`, { text: 'x' }),
        'NOT_FOUND',
        {
          field: 'post_id',
          message: 'Post not found',
        },
      );
    for (const id of [...nowhere.filter(Boolean), '\0']) await refuse(bob, id);
    await whileBlocked(w, alice, bob, () => refuse(bob, postId));
    await whileBlocked(w, bob, alice, () => refuse(bob, postId));
    await whileHidden(w, alice, () => refuse(bob, postId));
    await whilePrivate(w, alice, async () => {
      await refuse(carol, postId);
      await say(bob, postId, 'followers may');
    });
    await alice.put(`/v1/posts/${postId}`, { is_archived: true });
    await refuse(bob, postId);
    await say(alice, postId, 'a note to myself');
    const json = { 'Content-Type': 'application/json' };
    expectRefusal(
      await send(w.base, 'POST', `/v1/posts/${postId}/comment`, '{"text":"x"}', json),
      'UNAUTHORIZED',
    );
  });

  it('answers 404 when the post or the parent is deleted in the same moment', async () => {
    const top = await say(bob, postId, 'top');
    const meanwhile = async (table: 'posts' | 'comments', publicId: string, body: unknown) => {
      const id = await internalId(w, table, publicId);
      return w.tools.db.transaction().execute(async (tx) => {
        await tx.deleteFrom(table).where('id', '=', id).execute();
        const reply = comment(carol, body);
        await until('the comment waits', () => waitsForLock(w, 'insert into "comments"'));
        return { reply };
      });
    };
    const orphan = await meanwhile('comments', top, { text: 'x', parent_id: top });
    expectRefusal(await orphan.reply, 'NOT_FOUND', { field: 'parent_id', message: 'Comment not found' });
    const late = await meanwhile('posts', postId, { text: 'x' });
    expectRefusal(await late.reply, 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
  });

  it('repeats its answer under an Idempotency-Key', async () => {
    const key = { 'Idempotency-Key': 'say-it-once' };
    const first = await comment(bob, { text: 'once' }, key);
    const again = await comment(bob, { text: 'once' }, key);
    expect([again.status, again.text]).to.eql([201, first.text]);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    expectRefusal(await comment(bob, { text: 'twice' }, key), 'UNPROCESSABLE', { field: 'Idempotency-Key' });
    expect(await textsOf(bob, `/v1/posts/${postId}/comments`)).to.eql(['once']);
  });
});
