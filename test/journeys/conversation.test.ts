/** A conversation under a photo: what everybody reads, what each is told, and that the counts agree. */
import { expect } from 'chai';
import { type App, at, dataOf, done, joinApp, share } from '../tools/app.ts';
import { type Ear, listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { until, type World, world } from '../tools/world.ts';

/** What somebody was told: by whom, of what, about which comment. */
const heardBy = (ear: Ear) =>
  ear.messages
    .filter(({ type }) => type === 'notification')
    .map(({ data }) => {
      const actor = data?.actor as { username: string };
      return [actor.username, data?.type, data?.comment_id] as const;
    });

describe('a conversation', () => {
  let w: World;
  let alice: App;
  let bob: App;
  let carol: App;
  let postId: string;
  before(async () => {
    w = await world();
    alice = await joinApp(w.base, 'alice');
    bob = await joinApp(w.base, 'bob');
    carol = await joinApp(w.base, 'carol');
    for (const who of [bob, carol]) {
      await dataOf(who.POST('/v1/users/{user_id}/follow', at({ user_id: '@alice' })));
    }
    const image = await photo({ width: 200, height: 200 });
    postId = (await share(alice, image, { caption: 'Discuss' })).post_id;
    await w.settle();
  });
  after(() => w[Symbol.asyncDispose]());

  const say = async (who: App, text: string, parentId?: string) => {
    const body = { text, ...(parentId !== undefined && { parent_id: parentId }) };
    const asked = who.POST('/v1/posts/{post_id}/comment', { ...at({ post_id: postId }), body });
    return (await dataOf(asked)).comment_id;
  };
  const drop = (who: App, commentId: string) =>
    done(who.DELETE('/v1/comments/{comment_id}', at({ comment_id: commentId })));
  const comments = (who: App, query: { limit?: number; cursor?: string } = {}) =>
    dataOf(who.GET('/v1/posts/{post_id}/comments', at({ post_id: postId }, query)));
  const repliesTo = async (who: App, commentId: string) => {
    const asked = who.GET('/v1/comments/{comment_id}/replies', at({ comment_id: commentId }, { limit: 12 }));
    return (await dataOf(asked)).comments;
  };
  const textsFor = async (who: App) => (await comments(who)).comments.map(({ text }) => text);
  const counts = async (who: App) => {
    const { posts } = await dataOf(who.GET('/v1/feed'));
    const inFeed = posts.find((post) => post.post_id === postId);
    const itself = await dataOf(who.GET('/v1/posts/{post_id}', at({ post_id: postId })));
    return [itself.comment_count, inFeed?.comment_count];
  };

  it('is read by all, and told to those it concerns', async () => {
    await using aliceHears = await listen(w.base, alice);
    await using bobHears = await listen(w.base, bob);
    await using carolHears = await listen(w.base, carol);

    const top = await say(bob, 'Wonderful! 😍');
    expect(await counts(bob), 'the own comment counts at once').to.eql([1, 1]);
    const answer = await say(alice, 'Thank you. @carol, do you remember?', top);
    const memory = await say(carol, 'כמובן!', answer);
    const liked = bob.POST('/v1/comments/{comment_id}/like', at({ comment_id: memory }));
    expect((await dataOf(liked)).like_count).to.equal(1);
    await w.settle();

    expect(await textsFor(carol)).to.eql(['Wonderful! 😍']);
    const replies = await repliesTo(bob, top);
    expect(replies.map((each) => [each.text, each.parent_id, each.is_liked])).to.eql([
      ['Thank you. @carol, do you remember?', top, false],
      ['כמובן!', top, true],
    ]);
    for (const who of [alice, bob, carol]) expect(await counts(who)).to.eql([3, 3]);

    await until('carol hears of the mention and the like', () => heardBy(carolHears).length === 2);
    await until('alice hears of the comment and the reply', () => heardBy(aliceHears).length === 2);
    await until('bob hears of the reply', () => heardBy(bobHears).length === 1);
    expect(heardBy(aliceHears)).to.eql([
      ['bob', 'comment', top],
      ['carol', 'reply', memory],
    ]);
    expect(heardBy(bobHears)).to.eql([['alice', 'reply', answer]]);
    expect(heardBy(carolHears)).to.eql([
      ['alice', 'mention', answer],
      ['bob', 'comment_like', memory],
    ]);

    // Who deletes the first word ends the conversation, and nothing of it is left.
    await drop(bob, top);
    expect(await counts(bob)).to.eql([0, 0]);
    await w.settle();
    for (const who of [alice, bob, carol]) {
      expect(await counts(who)).to.eql([0, 0]);
      expect(await textsFor(who)).to.eql([]);
    }
    const left = await w.tools.db
      .selectFrom('notifications')
      .select('type')
      .where('comment_id', 'is not', null)
      .execute();
    expect(left).to.eql([]);
  });

  it('is read page by page without a gap while everybody talks at once', async () => {
    const existing: string[] = [];
    for (let n = 0; n < 12; n += 1) existing.push(await say(n % 2 ? bob : carol, `word ${n}`));
    const top = existing[0] as string;
    const under: string[] = [];
    for (let n = 0; n < 12; n += 1) under.push(await say(n % 2 ? bob : carol, `reply ${n}`, top));

    let isReading = true;
    const written: string[] = [];
    const talk = async (who: App, parentId?: string) => {
      for (let n = 0; isReading; n += 1) {
        const id = await say(who, `meanwhile ${n}`, parentId);
        if (n % 3 === 2) await drop(who, id);
        else written.push(id);
      }
    };
    const talking = Promise.all([talk(bob), talk(carol), talk(bob, top), talk(carol, top)]);
    const read: string[] = [];
    for (let page = await comments(alice, { limit: 2 }); ; ) {
      read.push(...page.comments.map((each) => each.comment_id));
      if (page.next_cursor === null) break;
      page = await comments(alice, { limit: 2, cursor: page.next_cursor });
    }
    const replies = await repliesTo(alice, top);
    isReading = false;
    await talking;

    expect(new Set(read).size, 'nothing comes twice').to.equal(read.length);
    expect(read.filter((id) => existing.includes(id))).to.eql(existing.toReversed());
    expect(replies.map((each) => each.comment_id)).to.eql(under);
    await w.settle();
    const all = existing.length + under.length + written.length;
    for (const who of [alice, bob]) expect(await counts(who)).to.eql([all, all]);
    const row = await w.tools.db
      .selectFrom('posts')
      .select('comment_count')
      .where('post_id', '=', postId)
      .executeTakeFirstOrThrow();
    expect(row.comment_count, 'rolled up').to.equal(all);
  });
});
