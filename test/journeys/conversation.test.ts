/** A conversation under a photo: what everybody reads, what each is told, and that the counts agree. */
import { expect } from 'chai';
import { appOf, dataOf } from '../tools/app.ts';
import type { Client } from '../tools/client.ts';
import { readAll, say, textsOf } from '../tools/conversation.ts';
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
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let postId: string;
  before(async () => {
    w = await world();
    [alice, bob, carol] = await Promise.all([w.join('alice'), w.join('bob'), w.join('carol')]);
    for (const who of [bob, carol]) await who.post('/v1/users/@alice/follow');
    postId = (await alice.upload(await photo({ width: 200, height: 200 }), { caption: 'Discuss' })).body
      .post_id;
    await w.settle();
  });
  after(() => w[Symbol.asyncDispose]());

  const counts = async (who: Client) => {
    const { posts } = (await who.get('/v1/feed')).body;
    const inFeed = posts.find((post: { post_id: string }) => post.post_id === postId);
    return [(await who.get(`/v1/posts/${postId}`)).body.comment_count, inFeed.comment_count];
  };

  it('is read by all, and told to those it concerns', async () => {
    await using aliceHears = await listen(w.base, alice);
    await using bobHears = await listen(w.base, bob);
    await using carolHears = await listen(w.base, carol);

    const top = await say(bob, postId, 'Wonderful! 😍');
    expect(await counts(bob), 'the own comment counts at once').to.eql([1, 1]);
    const answer = await say(alice, postId, 'Thank you. @carol, do you remember?', top);
    const memory = await say(carol, postId, 'כמובן!', answer);
    expect((await bob.post(`/v1/comments/${memory}/like`)).body.like_count).to.equal(1);
    await w.settle();

    expect(await textsOf(carol, `/v1/posts/${postId}/comments`)).to.eql(['Wonderful! 😍']);
    const asked = appOf(w.base, bob).GET('/v1/comments/{comment_id}/replies', {
      params: { path: { comment_id: top } },
    });
    const { comments: replies } = await dataOf(asked);
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
    expect((await bob.delete(`/v1/comments/${top}`)).status).to.equal(204);
    expect(await counts(bob)).to.eql([0, 0]);
    await w.settle();
    for (const who of [alice, bob, carol]) {
      expect(await counts(who)).to.eql([0, 0]);
      expect(await textsOf(who, `/v1/posts/${postId}/comments`)).to.eql([]);
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
    for (let n = 0; n < 12; n += 1) existing.push(await say(n % 2 ? bob : carol, postId, `word ${n}`));
    const top = existing[0] as string;
    const under: string[] = [];
    for (let n = 0; n < 12; n += 1) under.push(await say(n % 2 ? bob : carol, postId, `reply ${n}`, top));

    let isReading = true;
    const written: string[] = [];
    const talk = async (who: Client, parentId?: string) => {
      for (let n = 0; isReading; n += 1) {
        const id = await say(who, postId, `meanwhile ${n}`, parentId);
        if (n % 3 === 2) await who.delete(`/v1/comments/${id}`);
        else written.push(id);
      }
    };
    const talking = Promise.all([talk(bob), talk(carol), talk(bob, top), talk(carol, top)]);
    const comments = await readAll(alice, `/v1/posts/${postId}/comments`, 2);
    const replies = (await alice.get(`/v1/comments/${top}/replies?limit=12`)).body.comments;
    isReading = false;
    await talking;

    expect(new Set(comments).size, 'nothing comes twice').to.equal(comments.length);
    expect(comments.filter((id) => existing.includes(id))).to.eql(existing.toReversed());
    expect(replies.map((each: { comment_id: string }) => each.comment_id)).to.eql(under);
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
