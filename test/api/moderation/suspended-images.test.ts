import { expect } from 'chai';
import { joinAdmin } from '../../tools/admins.ts';
import type { Client } from '../../tools/client.ts';
import { photo } from '../../tools/photos.ts';
import { postStory } from '../../tools/stories.ts';
import { type World, world } from '../../tools/world.ts';

describe('images of a suspended account', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  before(async () => {
    w = await world();
    [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await joinAdmin(w, 'carol')];
  });
  after(() => w[Symbol.asyncDispose]());

  const statusOf = async (url: string) => (await bob.get(url.replace(w.config.CDN_BASE_URL, ''))).status;
  /** The URLs that an admin is shown of what bob reported. */
  const shownToAdmin = async (): Promise<Record<string, string>> => {
    const { reports } = (await carol.get('/v1/admin/reports')).body;
    const targets = reports.map((report: { target: unknown }) => report.target);
    const of = (type: string) => targets.find((target: { type: string }) => target.type === type)?.[type];
    return { post: of('post').images.large, story: of('story').media_url };
  };

  it('are shown to admins, and what was handed out before opens nothing', async () => {
    const post = (await alice.upload(await photo({ width: 60, height: 40 }), { caption: 'Cheap followers' }))
      .body;
    const story = (await postStory(alice)).body;
    await w.settle();
    for (const [type, id] of [
      ['post', post.post_id],
      ['story', story.story_id],
    ]) {
      const report = { target_type: type, target_id: id, reason: 'spam' };
      expect((await bob.post('/v1/reports', report)).status).to.equal(201);
    }
    const before = await shownToAdmin();
    expect(before).to.eql({ post: post.images.large, story: story.media_url });

    await carol.post(`/v1/admin/users/${alice.userId}/suspend`, { reason: 'Sells followers' });
    for (const url of Object.values(before)) expect(await statusOf(url), url).to.equal(404);
    const during = await shownToAdmin();
    for (const url of Object.values(during)) expect(await statusOf(url), url).to.equal(200);

    await carol.delete(`/v1/admin/users/${alice.userId}/suspend`);
    expect(await shownToAdmin()).to.eql(before);
    for (const url of Object.values(before)) expect(await statusOf(url), url).to.equal(200);
  });

  it('of a private account do not open by what its followers were handed', async () => {
    await bob.post('/v1/users/@alice/follow');
    await alice.patch('/v1/users/me', { is_private: true });
    await w.settle();
    const handed = (await bob.get('/v1/feed')).body.posts[0].images.large;
    expect(await statusOf(handed)).to.equal(200);
    await carol.post(`/v1/admin/users/${alice.userId}/suspend`, { reason: 'Sells followers' });
    expect(await statusOf(handed)).to.equal(404);
    const { post } = await shownToAdmin();
    expect(await statusOf(post as string)).to.equal(200);
    const deleted = w.tools.db.updateTable('users').set({ deleted_at: new Date() });
    await deleted.where('user_id', '=', alice.userId).execute();
    expect(await statusOf(post as string), 'once the account is deleted').to.equal(404);
  });
});
