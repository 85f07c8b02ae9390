/** Thirteen people like a photo: one line in the list of notices, read on one device and gone on the other. */
import { expect } from 'chai';
import { appOf, dataOf } from '../tools/app.ts';
import { type Client, clientOf } from '../tools/client.ts';
import { type Ear, listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { until, type World, world } from '../tools/world.ts';

describe('being told', () => {
  let w: World;
  let alice: Client;
  let tablet: Client;
  let people: Client[];
  let path: string;
  before(async () => {
    w = await world();
    alice = await w.join('alice');
    const login = { login: 'alice', password: 'alice has a password' };
    const second = (await alice.post('/v1/auth/login', login)).body;
    tablet = clientOf(w.base, {
      userId: alice.userId,
      username: 'alice',
      accessToken: second.access_token,
      refreshToken: second.refresh_token,
    });
    people = await Promise.all(Array.from({ length: 13 }, (_, n) => w.join(`friend${n}`)));
    path = `/v1/posts/${(await alice.upload(await photo({ width: 200, height: 200 }))).body.post_id}`;
    await w.settle();
  });
  after(() => w[Symbol.asyncDispose]());

  const list = (client = alice) => dataOf(appOf(w.base, client).GET('/v1/notifications'));
  const notices = (ear: Ear) => ear.messages.filter(({ type }) => type === 'notification');

  it('groups thirteen likes, tells each live, and takes them back with the like', async () => {
    await using ear = await listen(w.base, alice);
    for (const friend of people) expect((await friend.post(`${path}/like`)).status).to.equal(200);
    await alice.post(`${path}/like`);
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

    for (const friend of people.slice(0, 11)) await friend.delete(`${path}/like`);
    await w.settle();
    const [shrunk] = (await list()).notifications;
    expect(shrunk?.text).to.match(/^friend1[12] and friend1[12] liked your post$/);
    for (const friend of people.slice(11)) await friend.delete(`${path}/like`);
    await w.settle();
    expect(await list()).to.deep.include({ notifications: [], unread_count: 0 });
  });

  it('clears the other device when one has read', async () => {
    await people[0]?.post(`${path}/like`);
    await people[1]?.post('/v1/users/@alice/follow');
    await people[2]?.post(`${path}/comment`, { text: 'Hello @alice' });
    await w.settle();
    await using ear = await listen(w.base, tablet);
    const before = await list();
    expect(before.unread_count).to.equal(3);
    const newest = before.notifications[0]?.notification_id ?? '';
    const body = { up_to: newest };
    const read = await dataOf(appOf(w.base, alice).POST('/v1/notifications/read', { body }));
    expect(read).to.eql({ unread_count: 0 });
    await until('the tablet hears', () => ear.types().includes('notification.read'));
    expect(ear.messages.at(-1)?.data).to.eql({ up_to: newest, unread_count: 0 });
    const seen = await list(tablet);
    expect(seen.unread_count).to.equal(0);
    expect(seen.notifications.map((each: { is_read: boolean }) => each.is_read)).to.eql([true, true, true]);
  });

  it('takes every kind of notice back with its cause', async () => {
    const [, friend] = people as [Client, Client];
    const { comment_id: own } = (await alice.post(`${path}/comment`, { text: 'Thanks' })).body;
    await w.settle();
    const before = (await list()).notifications.length;
    const reply = await friend.post(`${path}/comment`, { text: 'You are welcome', parent_id: own });
    await friend.post(`/v1/comments/${own}/like`);
    await w.settle();
    const texts = (await list()).notifications.map((each: { text: string }) => each.text);
    expect(texts.slice(0, 2)).to.have.members([
      'friend1 replied to your comment',
      'friend1 liked your comment',
    ]);
    await friend.delete(`/v1/comments/${reply.body.comment_id}`);
    await friend.delete(`/v1/comments/${own}/like`);
    await friend.delete('/v1/users/@alice/follow');
    await w.settle();
    expect((await list()).notifications).to.have.length(before - 1);
    await friend.post('/v1/users/@alice/follow');
    await friend.post(`${path}/like`);
    await w.settle();
    expect((await list()).notifications[0]?.text).to.contain('friend1');
    await alice.post('/v1/users/@friend1/block');
    expect(JSON.stringify((await list()).notifications), 'at once').not.to.contain('friend1');
    await alice.delete(path);
    expect((await list()).notifications).to.eql([]);
  });
});
