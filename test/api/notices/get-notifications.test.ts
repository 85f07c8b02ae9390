import { expect } from 'chai';
import { sql } from 'kysely';
import { notifyOfLikes, withdraw } from '../../../shared/notifications/index.ts';
import { type Client, send } from '../../tools/client.ts';
import { crowd } from '../../tools/crowd.ts';
import { type Inbox, openInbox } from '../../tools/inbox.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { type World, world } from '../../tools/world.ts';

describe('GET /v1/notifications', () => {
  let w: World;
  let inbox: Inbox;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let ids: Inbox['ids'];
  let postId: string;

  before(async () => {
    w = await world({ serves: [] });
    inbox = await openInbox(w);
    ({ alice, bob, carol, ids, postId } = inbox);
  });
  beforeEach(() => inbox.clear());
  after(() => w[Symbol.asyncDispose]());

  /** A comment, and its id in the database. */
  async function comment(client: Client, text: string, onPost = postId): Promise<[string, number]> {
    const { status, body } = await client.post(`/v1/posts/${onPost}/comment`, { text });
    expect(status).to.equal(201);
    return [body.comment_id, await internalId(w, 'comments', body.comment_id)];
  }

  it('answers 200 with an entry per group, the newest first', async () => {
    expect(await inbox.list()).to.eql({
      notifications: [],
      unread_count: 0,
      next_cursor: null,
      has_more: false,
    });
    const [commentId, internal] = await comment(bob, 'How lovely 🌅');
    await inbox.tell('follow', ids.bob);
    await inbox.tell('comment', ids.bob, { postId: ids.post, commentId: internal });
    await inbox.like(ids.bob);
    await inbox.like(ids.carol);
    const { notifications, ...rest } = await inbox.list();
    expect(rest).to.eql({ unread_count: 3, next_cursor: null, has_more: false });
    const { images } = (await alice.get(`/v1/posts/${postId}`)).body;
    const cardOf = async (client: Client) => {
      const { user_id, username, profile_pic_url, is_verified } = (
        await alice.get(`/v1/users/${client.userId}`)
      ).body;
      return { user_id, username, profile_pic_url, is_verified };
    };
    const [bobsCard, carolsCard] = [await cardOf(bob), await cardOf(carol)];
    const post = { post_id: postId, thumbnail: images.thumbnail };
    expect(notifications.map(({ notification_id, group_id, created_at, ...entry }) => entry)).to.eql([
      {
        type: 'like',
        actors: [carolsCard, bobsCard],
        actor_count: 2,
        text: 'carol and bob liked your post',
        post,
        comment: null,
        is_read: false,
      },
      {
        type: 'comment',
        actors: [bobsCard],
        actor_count: 1,
        text: 'bob commented on your post',
        post,
        comment: { comment_id: commentId, text: 'How lovely 🌅' },
        is_read: false,
      },
      {
        type: 'follow',
        actors: [bobsCard],
        actor_count: 1,
        text: 'bob started following you',
        post: null,
        comment: null,
        is_read: false,
      },
    ]);
    for (const { notification_id, group_id, created_at } of notifications) {
      expect(notification_id).to.match(/^notification_/);
      expect(group_id).to.match(/^group_/);
      expect(Date.parse(created_at)).to.be.within(Date.now() - 60_000, Date.now() + 1_000);
    }
  });

  it('groups by what it is about, and leaves alone what is for one person each', async () => {
    const [, one] = await comment(alice, 'one');
    const [, two] = await comment(alice, 'two');
    for (const actorId of [ids.bob, ids.carol]) {
      await inbox.like(actorId);
      await inbox.like(actorId, ids.other);
      await inbox.tell('comment_like', actorId, { postId: ids.post, commentId: one });
      await inbox.tell('comment_like', actorId, { postId: ids.post, commentId: two });
      await inbox.tell('follow', actorId);
      await inbox.tell('follow_request', actorId);
      await inbox.tell('mention', actorId, { postId: ids.post, commentId: one });
      await inbox.tell('mention', actorId, { postId: ids.post });
      await inbox.tell('reply', actorId, { postId: ids.post, commentId: two });
      await inbox.tell('tag', actorId, { postId: ids.post });
      await inbox.tell('follow_accepted', actorId);
    }
    expect(await inbox.texts()).to.eql([
      'carol accepted your follow request',
      'carol tagged you in a post',
      'carol replied to your comment',
      'carol mentioned you in a post',
      'carol mentioned you in a comment',
      'carol asked to follow you',
      'carol and bob started following you',
      'carol and bob liked your comment',
      'carol and bob liked your comment',
      'carol and bob liked your post',
      'carol and bob liked your post',
      'bob accepted your follow request',
      'bob tagged you in a post',
      'bob replied to your comment',
      'bob mentioned you in a post',
      'bob mentioned you in a comment',
      'bob asked to follow you',
    ]);
  });

  it('counts a person once, shows the last three, and says how many others there are', async () => {
    const people = await crowd(w, 'liker', 13);
    await w.tools.db
      .transaction()
      .execute((tx) => notifyOfLikes(tx, { userId: ids.alice, type: 'like', postId: ids.post }, people));
    for (const text of ['first', 'second']) {
      const [, commentId] = await comment(bob, text);
      await inbox.tell('comment', ids.bob, { postId: ids.post, commentId });
    }
    const [comments, likes] = (await inbox.list()).notifications;
    expect(comments).to.deep.include({ actor_count: 1, text: 'bob commented on your post' });
    expect(comments?.comment?.text).to.equal('second');
    expect(likes).to.deep.include({ actor_count: 13, text: 'liker12 and 12 others liked your post' });
    expect(likes?.actors.map(({ username }) => username)).to.eql(['liker12', 'liker11', 'liker10']);
  });

  it('stops counting at a thousand', async () => {
    const people = await crowd(w, 'fan', 1_100);
    await w.tools.db
      .transaction()
      .execute((tx) => notifyOfLikes(tx, { userId: ids.alice, type: 'like', postId: ids.post }, people));
    const [likes] = (await inbox.list()).notifications;
    expect(likes).to.deep.include({ actor_count: 1_000, text: 'fan1099 and 999+ others liked your post' });
  });

  it('moves a group up with what joins it, and begins another for the follows of another day', async () => {
    await inbox.like(ids.bob);
    await inbox.tell('follow', ids.bob);
    const groupOf = async (type: string) =>
      (await inbox.list()).notifications.find((entry) => entry.type === type)?.group_id;
    const [likes, follows] = [await groupOf('like'), await groupOf('follow')];
    await inbox.like(ids.carol);
    expect(await inbox.texts()).to.eql(['carol and bob liked your post', 'bob started following you']);
    expect(await groupOf('like')).to.equal(likes);
    await sql`UPDATE notification_groups SET opened_at = now() - interval '25 hours'`.execute(w.tools.db);
    await inbox.tell('follow', ids.carol);
    await inbox.like((await crowd(w, 'late', 1))[0] as number);
    expect(await inbox.texts()).to.eql([
      'late0 and 2 others liked your post',
      'carol started following you',
      'bob started following you',
    ]);
    expect(await groupOf('follow')).not.to.equal(follows);
  });

  it('loses what is taken back, and a group with the last of it, whatever takes it along', async () => {
    const groups = async () =>
      (await w.tools.db.selectFrom('notification_groups').select('id').execute()).length;
    const takeBack = (actorId: number) =>
      w.tools.db
        .transaction()
        .execute((tx) => withdraw(tx, { userId: ids.alice, actorId, type: 'like', postId: ids.post }));
    const [commentId, internal] = await comment(bob, 'hm');
    await inbox.like(ids.bob);
    await inbox.like(ids.carol);
    await inbox.tell('comment', ids.bob, { postId: ids.post, commentId: internal });
    await inbox.tell('mention', ids.bob, { postId: ids.post, commentId: internal });
    expect(await groups()).to.equal(3);
    await takeBack(ids.carol);
    expect((await inbox.texts()).at(-1)).to.equal('bob liked your post');
    await takeBack(ids.bob);
    expect(await inbox.texts()).to.eql(['bob mentioned you in a comment', 'bob commented on your post']);
    await bob.delete(`/v1/comments/${commentId}`);
    expect(await inbox.list()).to.deep.include({ notifications: [], unread_count: 0 });
    expect(await groups()).to.equal(0);
  });

  it('counts up to a hundred unread entries, and looks no further', async () => {
    const people = await crowd(w, 'asker', 120);
    for (const id of people.slice(0, 99)) await inbox.tell('follow_request', id);
    expect((await inbox.list()).unread_count).to.equal(99);
    for (const id of people.slice(99)) await inbox.tell('follow_request', id);
    const reply = await inbox.list('?limit=100');
    expect(reply.unread_count).to.equal(100);
    expect(reply.notifications).to.have.length(100);
  });

  it('is each user’s own', async () => {
    await inbox.like(ids.bob);
    expect((await inbox.list('', bob)).notifications).to.eql([]);
    expectRefusal(await send(w.base, 'GET', '/v1/notifications'), 'UNAUTHORIZED');
  });
});
