/** A report, what admins do about it, and how all of it is gone at once: on two API processes that share nothing but engines. */
import { expect } from 'chai';
import { startServer } from '../../api/server.ts';
import { openApiTools } from '../../api/tools.ts';
import type { Tools } from '../../shared/tools.ts';
import { joinAdmin } from '../tools/admins.ts';
import {
  type App,
  appOf,
  asking,
  at,
  dataOf,
  done,
  joinApp,
  refusalOf,
  share,
  signInApp,
} from '../tools/app.ts';
import { listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { freePort, type World, world } from '../tools/world.ts';

describe('moderation', () => {
  let w: World;
  let otherTools: Tools;
  let other: Awaited<ReturnType<typeof startServer>>;
  let otherBase: string;
  let alice: App;
  let bob: App;
  let carol: App;
  let image: Buffer;
  before(async () => {
    w = await world();
    otherTools = await openApiTools({ ...w.config, PORT: await freePort() });
    other = await startServer(otherTools, { checkReplies: true });
    otherBase = `http://127.0.0.1:${other.port}`;
    alice = await joinApp(w.base, 'alice');
    bob = await joinApp(w.base, 'bob');
    carol = appOf(w.base, await joinAdmin(w, 'carol'));
    await dataOf(bob.POST('/v1/users/{user_id}/follow', at({ user_id: '@alice' })));
    image = await photo({ width: 200, height: 200 });
  });
  after(async () => {
    await other.stop();
    await otherTools.stop();
    await w[Symbol.asyncDispose]();
  });

  const report = (targetId: string, targetType: 'post' | 'user') => {
    const body = { target_type: targetType, target_id: targetId, reason: 'harassment' as const };
    return dataOf(bob.POST('/v1/reports', { body }));
  };
  const openReports = async () => (await dataOf(carol.GET('/v1/admin/reports'))).reports;
  const resolve = (reportId: string, outcome: 'content_removed' | 'account_suspended') => {
    const the = at({ report_id: reportId });
    return dataOf(carol.POST('/v1/admin/reports/{report_id}/resolve', { ...the, body: { outcome } }));
  };
  /** An image's own server decides, whatever host its URL names. */
  const fetched = async (url: string, base = w.base) => {
    const { pathname, search } = new URL(url);
    return (await fetch(base + pathname + search)).status;
  };

  it('from a report to a post that is gone', async () => {
    const post = await share(alice, image, { caption: 'a #nasty sight' });
    await w.settle();
    const { report_id: reportId } = await report(post.post_id, 'post');
    const [open] = await openReports();
    expect(open).to.deep.include({ report_id: reportId, state: 'open', reason: 'harassment' });
    const shown = open?.target?.type === 'post' ? open.target.post.images.thumbnail : '';
    expect(await fetched(shown)).to.equal(200);
    await done(carol.DELETE('/v1/admin/posts/{post_id}', at({ post_id: post.post_id })));
    const resolved = await resolve(reportId, 'content_removed');
    expect(resolved).to.deep.include({ state: 'resolved', target: null });
    expect(await openReports()).to.eql([]);
    expect((await dataOf(bob.GET('/v1/feed'))).posts).to.eql([]);
    await w.settle();
    expect(await fetched(post.images.large)).to.equal(404);
    for (const app of [alice, bob]) {
      const notices = await dataOf(app.GET('/v1/notifications'));
      expect(JSON.stringify(notices), 'neither learns of it')
        .not.to.contain('report')
        .and.not.to.contain('carol');
    }
  });

  it('from a report to an account that is gone, and back', async () => {
    const post = await share(alice, image, { caption: 'a #harbour' });
    const thePost = at({ post_id: post.post_id });
    await dataOf(bob.POST('/v1/posts/{post_id}/comment', { ...thePost, body: { text: 'nice' } }));
    await w.settle();
    const bobs = [bob, appOf(otherBase, bob)];
    /** What bob meets of alice, by any process. */
    const met = async (app: App) => {
      const holds = (text: string) => text.includes(post.post_id) || text.includes(`"${alice.userId}"`);
      const toAlice = at({ user_id: alice.userId });
      const ways: Record<string, Promise<{ data?: unknown }>> = {
        feed: app.GET('/v1/feed'),
        profile: app.GET('/v1/users/{user_id}', toAlice),
        posts: app.GET('/v1/users/{user_id}/posts', toAlice),
        post: app.GET('/v1/posts/{post_id}', thePost),
        'search for people': app.GET('/v1/search', asking({ q: 'alice', type: 'user' })),
        'search for posts': app.GET('/v1/search', asking({ q: 'harbour', type: 'post' })),
        hashtag: app.GET('/v1/hashtags/{name}/posts', at({ name: 'harbour' })),
        following: app.GET('/v1/users/{user_id}/following', at({ user_id: bob.userId })),
      };
      const seen: string[] = [];
      for (const [way, asked] of Object.entries(ways)) {
        const { data } = await asked;
        if (data !== undefined && holds(JSON.stringify(data))) seen.push(way);
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
    expect(await met(bobs[1] as App), 'both processes have it in memory').to.eql(everything);
    await dataOf(appOf(otherBase, alice).GET('/v1/users/me'));

    await report(alice.userId, 'user');
    const [open] = await openReports();
    const reported = open?.target?.type === 'user' ? open.target.user : undefined;
    expect(reported).to.include({ username: 'alice', is_suspended: false });
    const [here, there] = [await listen(w.base, alice), await listen(otherBase, alice)];
    const theAccount = at({ user_id: '@alice' });
    const body = { reason: 'Harasses bob' };
    const suspended = carol.POST('/v1/admin/users/{user_id}/suspend', { ...theAccount, body });
    expect(await dataOf(suspended)).to.include({ is_suspended: true });

    // At once: before a single job has run.
    for (const app of bobs) expect(await met(app), 'what is left of alice').to.eql([]);
    for (const base of [w.base, otherBase]) {
      expect((await refusalOf(appOf(base, alice).GET('/v1/feed'))).code).to.equal('UNAUTHORIZED');
    }
    expect([await here.closed, await there.closed]).to.eql([4401, 4401]);
    await w.settle();
    for (const app of bobs) expect(await met(app), 'after the jobs').to.eql([]);
    expect((await w.tools.search.query({ text: 'harbour', types: ['post'], limit: 5 })).hits).to.eql([]);

    await resolve(open?.report_id ?? '', 'account_suspended');
    const reinstated = await dataOf(carol.DELETE('/v1/admin/users/{user_id}/suspend', theAccount));
    expect(reinstated).to.include({ is_suspended: false });
    await w.settle();
    for (const app of bobs) expect(await met(app), 'all is back').to.eql(everything);
    const again = await signInApp(w.base, 'alice');
    expect(again.userId).to.equal(alice.userId);
  });

  it('leaves a record of it all', async () => {
    const { entries } = await dataOf(carol.GET('/v1/admin/audit'));
    const acts = entries.map(({ action, source, actor, request_id }) => ({
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
