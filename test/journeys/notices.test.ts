/** Thirteen people like a photo: one line in the list of notices, read on one device and gone on the other. */
import { expect } from 'chai';
import { type App, at, dataOf, done, joinApp, share, signInApp } from '../tools/app.ts';
import { type Ear, listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { until, type World, world } from '../tools/world.ts';

describe('being told', () => {
  let w: World;
  let alice: App;
  let tablet: App;
  let people: App[];
  let postId: string;
  before(async () => {
    w = await world();
    alice = await joinApp(w.base, 'alice');
    tablet = await signInApp(w.base, 'alice');
    people = await Promise.all(Array.from({ length: 13 }, (_, n) => joinApp(w.base, `friend${n}`)));
    postId = (await share(alice, await photo({ width: 200, height: 200 }))).post_id;
    await w.settle();
  });
  after(() => w[Symbol.asyncDispose]());

  const thePost = () => at({ post_id: postId });
  const like = (who: App) => dataOf(who.POST('/v1/posts/{post_id}/like', thePost()));
  const unlike = (who: App) => dataOf(who.DELETE('/v1/posts/{post_id}/like', thePost()));
  const say = async (who: App, text: string, parentId?: string) => {
    const body = { text, ...(parentId !== undefined && { parent_id: parentId }) };
    return (await dataOf(who.POST('/v1/posts/{post_id}/comment', { ...thePost(), body }))).comment_id;
  };
  const follow = (who: App) => dataOf(who.POST('/v1/users/{user_id}/follow', at({ user_id: '@alice' })));
  const list = (app = alice) => dataOf(app.GET('/v1/notifications'));
  const notices = (ear: Ear) => ear.messages.filter(({ type }) => type === 'notification');

  it('groups thirteen likes, tells each live, and takes them back with the like', async () => {
    await using ear = await listen(w.base, alice);
    for (const friend of people) await like(friend);
    await like(alice);
    await w.settle();
    const [entry, ...more] = (await list()).notifications;
    expect(more).to.eql([]);
    expect(entry).to.deep.include({ type: 'like', actor_count: 13, is_read: false });
    expect(entry?.text).to.match(/^friend\d+ and 12 others liked your post$/);
    expect(entry?.actors).to.have.length(3);
    expect(entry?.post?.thumbnail).to.match(/\/thumb\.jpg$/);

    await until('alice heard of all', () => notices(ear).length === 13);
    const groups = new Set(notices(ear).map(({ data }) => data?.group_id));
    expect([...groups], 'live messages say what they belong to').to.eql([entry?.group_id]);

    for (const friend of people.slice(0, 11)) await unlike(friend);
    await w.settle();
    const [shrunk] = (await list()).notifications;
    expect(shrunk?.text).to.match(/^friend1[12] and friend1[12] liked your post$/);
    for (const friend of people.slice(11)) await unlike(friend);
    await w.settle();
    expect(await list()).to.deep.include({ notifications: [], unread_count: 0 });
  });

  it('clears the other device when one has read', async () => {
    const [first, second, third] = people as [App, App, App];
    await like(first);
    await follow(second);
    await say(third, 'Hello @alice');
    await w.settle();
    await using ear = await listen(w.base, tablet);
    const before = await list();
    expect(before.unread_count).to.equal(3);
    const newest = before.notifications[0]?.notification_id ?? '';
    const body = { up_to: newest };
    const read = await dataOf(alice.POST('/v1/notifications/read', { body }));
    expect(read).to.eql({ unread_count: 0 });
    await until('the tablet hears', () => ear.types().includes('notification.read'));
    expect(ear.messages.at(-1)?.data).to.eql({ up_to: newest, unread_count: 0 });
    const seen = await list(tablet);
    expect(seen.unread_count).to.equal(0);
    expect(seen.notifications.map((each) => each.is_read)).to.eql([true, true, true]);
  });

  it('takes every kind of notice back with its cause', async () => {
    const [, friend] = people as [App, App];
    const own = await say(alice, 'Thanks');
    await w.settle();
    const before = (await list()).notifications.length;
    const reply = await say(friend, 'You are welcome', own);
    await dataOf(friend.POST('/v1/comments/{comment_id}/like', at({ comment_id: own })));
    await w.settle();
    const texts = (await list()).notifications.map((each) => each.text);
    expect(texts.slice(0, 2)).to.have.members([
      'friend1 replied to your comment',
      'friend1 liked your comment',
    ]);
    await done(friend.DELETE('/v1/comments/{comment_id}', at({ comment_id: reply })));
    await dataOf(friend.DELETE('/v1/comments/{comment_id}/like', at({ comment_id: own })));
    await dataOf(friend.DELETE('/v1/users/{user_id}/follow', at({ user_id: '@alice' })));
    await w.settle();
    expect((await list()).notifications).to.have.length(before - 1);
    await follow(friend);
    await like(friend);
    await w.settle();
    expect((await list()).notifications[0]?.text).to.contain('friend1');
    await dataOf(alice.POST('/v1/users/{user_id}/block', at({ user_id: '@friend1' })));
    expect(JSON.stringify((await list()).notifications), 'at once').not.to.contain('friend1');
    await done(alice.DELETE('/v1/posts/{post_id}', thePost()));
    expect((await list()).notifications).to.eql([]);
  });
});
