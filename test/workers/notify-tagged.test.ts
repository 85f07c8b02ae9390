import { expect } from 'chai';
import { notifyTagged } from '../../workers/handlers/notify-tagged.ts';
import type { Client } from '../tools/client.ts';
import { listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { noticeRows } from '../tools/rows.ts';
import { until, type World, world } from '../tools/world.ts';

describe('notify-tagged', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let image: Buffer;

  const run = (postId: string) =>
    notifyTagged({ postId }, { tools: w.tools, signal: new AbortController().signal });
  const post = async (fields: Record<string, unknown>): Promise<string> =>
    (await alice.upload(image, fields)).body.post_id;

  before(async () => {
    w = await world({ serves: [] });
    [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await w.join('carol')];
    image = await photo({ width: 100, height: 100 });
  });
  beforeEach(async () => {
    await w.tools.db.deleteFrom('notifications').execute();
  });
  after(() => w[Symbol.asyncDispose]());

  it('tells those tagged and those mentioned, once each, but not the author', async () => {
    await using ear = await listen(w.base, carol);
    const postId = await post({
      tagged_users: [bob.userId, alice.userId],
      caption: 'With @Carol, @bob and @alice, not @nobody_at_all.',
    });
    await run(postId);
    await run(postId);
    const notice = { from: 'alice', postId, isTold: true };
    expect(await noticeRows(w)).to.eql([
      { to: 'bob', type: 'tag', ...notice },
      { to: 'carol', type: 'mention', ...notice },
    ]);
    await until('carol hears', () => ear.messages.length === 1);
    expect(ear.messages[0]?.data).to.deep.include({ type: 'mention', post_id: postId });
  });

  it('tells after an edit only those who were not told before', async () => {
    await using ear = await listen(w.base, bob);
    const postId = await post({ tagged_users: [bob.userId] });
    await run(postId);
    await alice.put(`/v1/posts/${postId}`, { tagged_users: [bob.userId, carol.userId] });
    await run(postId);
    const notice = { from: 'alice', type: 'tag', postId, isTold: true };
    expect(await noticeRows(w)).to.eql([
      { to: 'bob', ...notice },
      { to: 'carol', ...notice },
    ]);
    await w.tools.live.tell([bob.userId], 'post.ready', { post_id: postId });
    await until('bob hears what came last', () => ear.types().includes('post.ready'));
    expect(ear.types()).to.eql(['notification', 'post.ready']);
  });

  it('tells nobody of a post that is archived, gone, or never was', async () => {
    const archived = await post({ tagged_users: [bob.userId] });
    await alice.put(`/v1/posts/${archived}`, { is_archived: true });
    const gone = await post({ tagged_users: [bob.userId] });
    await alice.delete(`/v1/posts/${gone}`);
    for (const postId of [archived, gone, 'post_never']) await run(postId);
    expect(await noticeRows(w)).to.eql([]);
  });

  it("tells of a private account's post only those who follow it", async () => {
    await carol.post('/v1/users/@alice/follow');
    const postId = await post({ tagged_users: [bob.userId], caption: '@carol' });
    const setPrivate = (isPrivate: boolean) =>
      w.tools.db
        .updateTable('users')
        .set({ is_private: isPrivate })
        .where('username', '=', 'alice')
        .execute();
    await setPrivate(true);
    await run(postId);
    expect((await noticeRows(w)).map(({ to }) => to)).to.eql(['carol']);
    await setPrivate(false);
  });
});
