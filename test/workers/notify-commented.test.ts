import { expect } from 'chai';
import { notifyCommented } from '../../workers/handlers/notify-commented.ts';
import type { Client } from '../tools/client.ts';
import { say, waitsForLock, whileBlocked, whileHidden, whilePrivate } from '../tools/conversation.ts';
import { type Ear, listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { internalId, noticeRows } from '../tools/rows.ts';
import { until, type World, world } from '../tools/world.ts';

describe('notify-commented', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let dora: Client;
  let postId: string;

  const run = (commentId: string, repliedToId?: string) =>
    notifyCommented(
      { commentId, ...(repliedToId && { repliedToId }) },
      { tools: w.tools, signal: new AbortController().signal },
    );
  /** Who is told of what, as `bob reply`. */
  const told = async () => (await noticeRows(w)).map(({ to, type }) => `${to} ${type}`);
  const nothing = () => w.tools.db.deleteFrom('notifications').execute();

  before(async () => {
    w = await world({ serves: [] });
    [alice, bob, carol, dora] = await Promise.all([
      w.join('alice'),
      w.join('bob'),
      w.join('carol'),
      w.join('dora'),
    ]);
    postId = (await alice.upload(await photo({ width: 100, height: 100 }))).body.post_id;
  });
  beforeEach(nothing);
  after(() => w[Symbol.asyncDispose]());

  it("tells the post's author of a comment, once, live, with the comment's id", async () => {
    await using ear: Ear = await listen(w.base, alice);
    const commentId = await say(bob, postId, 'Wonderful!');
    await run(commentId);
    await run(commentId);
    expect(await noticeRows(w)).to.eql([{ to: 'alice', from: 'bob', type: 'comment', postId, isTold: true }]);
    await until('alice hears', () => ear.messages.length > 0);
    expect(ear.messages).to.have.length(1);
    expect(ear.messages[0]).to.deep.include({ type: 'notification' });
    expect(ear.messages[0]?.data).to.deep.include({
      type: 'comment',
      post_id: postId,
      comment_id: commentId,
    });
    expect(ear.messages[0]?.data?.actor).to.deep.include({ username: 'bob' });
  });

  it('tells whom a reply is to, and of a reply to a reply who wrote that one', async () => {
    const top = await say(bob, postId, 'top');
    const reply = await say(carol, postId, 'reply', top);
    await run(reply, top);
    expect(await told()).to.eql(['alice comment', 'bob reply']);
    await nothing();
    const deeper = await say(dora, postId, 'deeper', reply);
    await run(deeper, reply);
    expect(await told()).to.eql(['alice comment', 'carol reply']);
  });

  it('tells whom the text mentions', async () => {
    await run(
      await say(bob, postId, 'Look, @Carol and @dora.bloom! Not @nobody, mail@carol.org or me, @bob.'),
    );
    expect(await told()).to.eql(['alice comment', 'carol mention']);
  });

  it('gives one person one notice, of the strongest reason', async () => {
    await run(await say(bob, postId, '@alice @alice'));
    expect(await told()).to.eql(['alice comment']);
    await nothing();
    const hers = await say(alice, postId, 'hers');
    const reply = await say(bob, postId, '@alice', hers);
    await run(reply, hers);
    expect(await told()).to.eql(['alice reply']);
    await nothing();
    const carols = await say(carol, postId, 'top');
    const second = await say(bob, postId, '@carol', carols);
    await run(second, carols);
    expect(await told()).to.eql(['alice comment', 'carol reply']);
  });

  it('gives one person one notice, also if the reason changes between two attempts', async () => {
    const top = await say(carol, postId, 'top');
    const hers = await say(alice, postId, 'reply', top);
    const reply = await say(bob, postId, 'reply to that', hers);
    await run(reply, hers);
    expect(await told()).to.eql(['alice reply']);
    await alice.delete(`/v1/comments/${hers}`);
    await run(reply, hers);
    expect(await told()).to.eql(['alice reply']);
  });

  it('tells nobody of what they wrote themselves', async () => {
    const top = await say(alice, postId, 'Thanks, @alice');
    await run(top);
    await run(await say(alice, postId, 'Really', top), top);
    expect(await told()).to.eql([]);
  });

  it('tells nobody who cannot read it: behind a block, hidden, or not let in', async () => {
    const top = await say(carol, postId, 'top');
    const reply = await say(bob, postId, '@dora, see', top);
    const runWhile = async (obstacle: typeof whileBlocked, one: Client, other: Client) => {
      await nothing();
      await obstacle(w, one, other, () => run(reply, top));
      return told();
    };
    expect(await runWhile(whileBlocked, bob, dora)).to.eql(['alice comment', 'carol reply']);
    expect(await runWhile(whileBlocked, dora, bob)).to.eql(['alice comment', 'carol reply']);
    expect(await runWhile(whileBlocked, carol, dora), 'the comment it stands under').to.eql([
      'alice comment',
      'carol reply',
    ]);
    expect(await runWhile(whileBlocked, alice, carol), 'nor can alice see carol').to.eql(['dora mention']);
    await nothing();
    await whileHidden(w, dora, () => run(reply, top));
    expect(await told()).to.eql(['alice comment', 'carol reply']);
    await nothing();
    await whileHidden(w, bob, () => run(reply, top));
    expect(await told()).to.eql([]);
    await dora.post('/v1/users/@alice/follow');
    await whilePrivate(w, alice, () => run(reply, top));
    expect(await told()).to.eql(['alice comment', 'dora mention']);
  });

  it('mentions no more people than a post may tag', async () => {
    const crowd = await w.tools.db
      .insertInto('users')
      .values(Array.from({ length: 25 }, (_, n) => ({ user_id: `user_crowd${n}`, username: `crowd${n}` })))
      .returning('username')
      .execute();
    await run(await say(alice, postId, crowd.map(({ username }) => `@${username}`).join(' ')));
    expect(await told()).to.have.length(20);
  });

  it('tells nobody of a comment that is gone, never was, or stands under an archived post', async () => {
    const gone = await say(bob, postId, '@carol');
    await bob.delete(`/v1/comments/${gone}`);
    await run(gone);
    await run('comment_never');
    const id = await say(bob, postId, '@carol');
    await alice.put(`/v1/posts/${postId}`, { is_archived: true });
    await run(id);
    expect(await told(), 'its author still reads it').to.eql(['alice comment']);
    await alice.put(`/v1/posts/${postId}`, { is_archived: false });
  });

  it('waits for a deletion of the post that is under way, and then tells nobody', async () => {
    const other = (await alice.upload(await photo({ width: 50, height: 50 }))).body.post_id;
    const commentId = await say(bob, other, '@carol');
    const post = await internalId(w, 'posts', other);
    const { running } = await w.tools.db.transaction().execute(async (tx) => {
      await tx.selectFrom('posts').select('id').where('id', '=', post).forUpdate().execute();
      const started = run(commentId);
      await until('the handler waits', () => waitsForLock(w, 'FOR KEY SHARE OF p'));
      await tx.deleteFrom('posts').where('id', '=', post).execute();
      return { running: started };
    });
    await running;
    expect(await told()).to.eql([]);
  });
});
