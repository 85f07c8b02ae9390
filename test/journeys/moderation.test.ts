/** A report, what admins do about it, and how all of it is gone at once: on two API processes that share nothing but engines. */
import { expect } from 'chai';
import { startServer } from '../../api/server.ts';
import { openTools, type Tools } from '../../shared/tools.ts';
import { audited, joinAdmin } from '../tools/admins.ts';
import { appOf, dataOf } from '../tools/app.ts';
import { type Client, clientOf } from '../tools/client.ts';
import { listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { freePort, type World, world } from '../tools/world.ts';

describe('moderation', () => {
  let w: World;
  let otherTools: Tools;
  let other: Awaited<ReturnType<typeof startServer>>;
  let otherBase: string;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let image: Buffer;
  before(async () => {
    w = await world();
    otherTools = await openTools({ ...w.config, PORT: await freePort() }, 'api');
    other = await startServer(otherTools, { checkReplies: true });
    otherBase = `http://127.0.0.1:${other.port}`;
    [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await joinAdmin(w, 'carol')];
    await bob.post('/v1/users/@alice/follow');
    image = await photo({ width: 200, height: 200 });
  });
  after(async () => {
    await other.stop();
    await otherTools.stop();
    await w[Symbol.asyncDispose]();
  });

  const upload = async (caption: string) => (await alice.upload(image, { caption })).body;
  const report = (targetId: string, targetType: string) =>
    bob.post('/v1/reports', { target_type: targetType, target_id: targetId, reason: 'harassment' });
  const openReports = async () => (await carol.get('/v1/admin/reports')).body.reports;
  /** An image's own server decides, whatever host its URL names. */
  const fetched = async (url: string, base = w.base) => {
    const { pathname, search } = new URL(url);
    return (await fetch(base + pathname + search)).status;
  };

  it('from a report to a post that is gone', async () => {
    const post = await upload('a #nasty sight');
    await w.settle();
    const { body: reported } = await report(post.post_id, 'post');
    const [open] = await openReports();
    expect(open).to.deep.include({ report_id: reported.report_id, state: 'open', reason: 'harassment' });
    expect(await fetched(open.target.post.images.thumbnail)).to.equal(200);
    expect((await carol.delete(`/v1/admin/posts/${post.post_id}`)).status).to.equal(204);
    const resolved = await dataOf(
      appOf(w.base, carol).POST('/v1/admin/reports/{report_id}/resolve', {
        params: { path: { report_id: reported.report_id } },
        body: { outcome: 'content_removed' },
      }),
    );
    expect(resolved).to.deep.include({ state: 'resolved', target: null });
    expect(await openReports()).to.eql([]);
    expect((await bob.get('/v1/feed')).body.posts).to.eql([]);
    await w.settle();
    expect(await fetched(post.images.large)).to.equal(404);
    for (const client of [alice, bob]) {
      const { body } = await client.get('/v1/notifications');
      expect(JSON.stringify(body), 'neither learns of it')
        .not.to.contain('report')
        .and.not.to.contain('carol');
    }
  });

  it('from a report to an account that is gone, and back', async () => {
    const post = await upload('a #harbour');
    await bob.post(`/v1/posts/${post.post_id}/comment`, { text: 'nice' });
    await w.settle();
    const bobs = [bob, clientOf(otherBase, bob)];
    /** What bob meets of alice, by any process. */
    const met = async (client: Client) => {
      const holds = (text: string) => text.includes(post.post_id) || text.includes(`"${alice.userId}"`);
      const ways: Record<string, string> = {
        feed: '/v1/feed',
        profile: `/v1/users/${alice.userId}`,
        posts: `/v1/users/${alice.userId}/posts`,
        post: `/v1/posts/${post.post_id}`,
        'search for people': '/v1/search?q=alice&type=user',
        'search for posts': '/v1/search?q=harbour&type=post',
        hashtag: '/v1/hashtags/harbour/posts',
        following: '/v1/users/me/following',
      };
      const seen: string[] = [];
      for (const [way, path] of Object.entries(ways)) {
        const reply = await client.get(path);
        if (reply.status === 200 && holds(reply.text)) seen.push(way);
      }
      for (const url of [post.images.medium, post.user.profile_pic_url]) {
        if ((await fetched(url)) === 200) seen.push(new URL(url).pathname.split('/')[1] as string);
      }
      return seen;
    };
    const everything = await met(bob);
    expect(everything).to.include.members([
      'feed',
      'profile',
      'post',
      'search for people',
      'search for posts',
      'following',
      'p',
      'avatars',
    ]);
    expect(await met(bobs[1] as Client), 'both processes have it in memory').to.eql(everything);
    expect((await clientOf(otherBase, alice).get('/v1/users/me')).status).to.equal(200);

    await report(alice.userId, 'user');
    const [open] = await openReports();
    expect(open.target.user).to.include({ username: 'alice', is_suspended: false });
    const [here, there] = [await listen(w.base, alice), await listen(otherBase, alice)];
    const suspended = await carol.post('/v1/admin/users/@alice/suspend', { reason: 'Harasses bob' });
    expect(suspended.status, suspended.text).to.equal(200);

    // At once: before a single job has run.
    for (const client of bobs) expect(await met(client), 'what is left of alice').to.eql([]);
    for (const base of [w.base, otherBase]) {
      expect((await clientOf(base, alice).get('/v1/feed')).status).to.equal(401);
    }
    expect([await here.closed, await there.closed]).to.eql([4401, 4401]);
    await w.settle();
    for (const client of bobs) expect(await met(client), 'after the jobs').to.eql([]);
    expect((await w.tools.search.query({ text: 'harbour', types: ['post'], limit: 5 })).hits).to.eql([]);

    await carol.post(`/v1/admin/reports/${open.report_id}/resolve`, { outcome: 'account_suspended' });
    expect((await carol.delete('/v1/admin/users/@alice/suspend')).status).to.equal(200);
    await w.settle();
    for (const client of bobs) expect(await met(client), 'all is back').to.eql(everything);
    const login = { login: 'alice', password: 'alice has a password' };
    expect((await bob.post('/v1/auth/login', login)).status).to.equal(200);
  });

  it('leaves a record of it all', async () => {
    const acts = (await audited(carol)).map(({ action, source, actor, request_id }) => ({
      action,
      by: `${actor?.username} by ${source}`,
      isTraced: request_id?.startsWith('req_'),
    }));
    const byCarol = { by: 'carol by api', isTraced: true };
    expect(acts).to.eql([
      { action: 'user.reinstate', ...byCarol },
      { action: 'report.resolve', ...byCarol },
      { action: 'user.suspend', ...byCarol },
      { action: 'report.resolve', ...byCarol },
      { action: 'post.remove', ...byCarol },
    ]);
  });
});
