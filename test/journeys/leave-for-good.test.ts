/** Somebody who had everything here leaves: nothing of them is left anywhere, and everybody else goes on as if they had never been. */
import { expect } from 'chai';
import { type App, appOf, asking, at, dataOf, done, joinApp, refusalOf, statusOf } from '../tools/app.ts';
import { type FullLife, fullLife } from '../tools/full-life.ts';
import { listen } from '../tools/listen.ts';
import { sightings } from '../tools/sightings.ts';
import { idsOf, referencesToUsers, type Sought, tracesOf } from '../tools/traces.ts';
import { type World, world } from '../tools/world.ts';

describe('leaving for good', function () {
  this.timeout(120_000);
  let w: World;
  let life: FullLife;
  let alice: App;
  let bob: App;
  let carol: App;
  let dora: App;
  let sought: Sought;
  before(async () => {
    w = await world();
    life = await fullLife(w);
    [alice, bob, carol, dora] = [life.alice, life.bob, life.carol, life.dora].map((who) =>
      appOf(w.base, who),
    ) as [App, App, App, App];
    sought = await idsOf(w, life.alice.userId);
  });
  after(() => w[Symbol.asyncDispose]());

  const feedOf = async (who: App) => (await dataOf(who.GET('/v1/feed'))).posts.map((post) => post.post_id);
  const countsOf = async (who: App) => {
    const { post_count, follower_count, following_count } = await dataOf(who.GET('/v1/users/me'));
    return [post_count, follower_count, following_count];
  };

  it('begins with an account that is in every table that can hold one', async () => {
    const found = await tracesOf(w, sought);
    const references = (await referencesToUsers(w)).map(({ table, column }) => `${table}.${column}`);
    // Whoever adds a table adds it to the life of test/tools/full-life.ts.
    expect(references.filter((column) => !found.includes(column))).to.eql([]);
    for (const key of ['feed', 'user', 'following', 'stories', 'live']) {
      expect(found).to.include(`key ${key}:${alice.userId}`);
    }
    for (const folder of ['avatars', 'exports', 'originals', 'p', 'stories']) {
      expect(
        found.some((trace) => trace.startsWith(`object ${folder}/`)),
        folder,
      ).to.equal(true);
    }
    const places = [
      ...(w.config.CASSANDRA_URL ? [/^stories: /, /^story_views: /, /^story_views_by_viewer: /] : []),
      ...(w.config.ELASTICSEARCH_URL ? [/-users\b.*: /, /-posts\b.*: /] : []),
    ];
    for (const place of places)
      expect(
        found.some((trace) => place.test(trace)),
        String(place),
      ).to.equal(true);
  });

  it('hides everything at once', async () => {
    const { carouselId, storyId } = life;
    const phone = appOf(w.base, life.phone);
    const post = { postId: carouselId, authorId: alice.userId, word: 'harbour' };
    expect(await sightings(carol, post)).to.include.members(['feed', 'post']);
    await using ear = await listen(w.base, phone);
    await done(alice.DELETE('/v1/users/me', { body: { password: 'alice has a password' } }));
    expect(await sightings(carol, post)).to.eql([]);
    expect(await statusOf(bob.GET('/v1/users/{user_id}', at({ user_id: '@alice' })))).to.equal(404);
    expect(JSON.stringify(await dataOf(bob.GET('/v1/stories')))).not.to.contain(storyId);
    expect((await refusalOf(phone.GET('/v1/users/me'))).code).to.equal('UNAUTHORIZED');
    expect(await ear.closed).to.equal(4401);
  });

  it('leaves nothing anywhere when the jobs are done', async () => {
    await w.settle();
    expect(await tracesOf(w, sought)).to.eql([]);
    const failed = await w.tools.db
      .selectFrom('effects')
      .select('job')
      .where('state', '<>', 'done')
      .execute();
    expect(failed).to.eql([]);
  });

  it('leaves the counts of everybody else right', async () => {
    const { bobsPostId, bobsStoryId, said } = life;
    const erin = appOf(w.base, life.erin);
    expect(await countsOf(bob)).to.eql([1, 1, 0]);
    expect(await countsOf(carol)).to.eql([0, 0, 1]);
    expect(await countsOf(dora)).to.eql([0, 0, 0]);
    expect(await countsOf(erin)).to.eql([0, 0, 0]);
    const bobsPost = at({ post_id: bobsPostId });
    const post = await dataOf(bob.GET('/v1/posts/{post_id}', bobsPost));
    expect([post.like_count, post.comment_count, post.tagged_users]).to.eql([1, 1, []]);
    const { comments } = await dataOf(bob.GET('/v1/posts/{post_id}/comments', bobsPost));
    expect(comments).to.have.length(1);
    expect(comments[0]).to.include({ comment_id: said.byCarol, like_count: 1, reply_count: 0 });
    const repliesTo = (commentId: string) =>
      bob.GET('/v1/comments/{comment_id}/replies', at({ comment_id: commentId }));
    expect((await dataOf(repliesTo(said.byCarol))).comments).to.eql([]);
    const gone = await refusalOf(repliesTo(said.carolsReply));
    expect(gone.status, 'it went with what it replied to').to.equal(404);
    const seen = await dataOf(bob.GET('/v1/stories/{story_id}/viewers', at({ story_id: bobsStoryId })));
    expect(seen.view_count).to.equal(1);
    expect(await w.tools.db.selectFrom('posts').select('save_count').execute()).to.eql([{ save_count: 0 }]);
    expect(await w.tools.db.selectFrom('count_deltas').selectAll().execute()).to.eql([]);
    const hashtag = (name: string) => bob.GET('/v1/hashtags/{name}', at({ name }));
    expect((await refusalOf(hashtag('harbour'))).status).to.equal(404);
    expect((await dataOf(hashtag('bob'))).post_count).to.equal(1);
  });

  it('leaves feeds, lists, notices and reports right', async () => {
    const { bobsPostId } = life;
    const frank = appOf(w.base, life.frank);
    expect(await feedOf(carol)).to.eql([bobsPostId]);
    expect(await feedOf(bob)).to.eql([bobsPostId]);
    const lists: Promise<object>[] = [
      dataOf(carol.GET('/v1/users/{user_id}/following', at({ user_id: carol.userId }))),
      dataOf(dora.GET('/v1/users/me/follow-requests')),
      dataOf(carol.GET('/v1/users/me/saved')),
      dataOf(carol.GET('/v1/users/me/liked')),
      dataOf(bob.GET('/v1/notifications')),
      dataOf(carol.GET('/v1/notifications')),
      dataOf(frank.GET('/v1/users/me/blocked')),
      dataOf(bob.GET('/v1/search', asking({ q: 'alice' }))),
      dataOf(bob.GET('/v1/search', asking({ q: 'harbour' }))),
    ];
    for (const list of await Promise.all(lists)) {
      for (const id of sought.publicIds) expect(JSON.stringify(list)).not.to.contain(id);
    }
    // What was reported stays on record, whoever reported it.
    const reports = await w.tools.db
      .selectFrom('reports')
      .select(['target_id', 'reporter_id', 'comment'])
      .orderBy('id')
      .execute();
    expect(reports.map(({ target_id }) => target_id)).to.eql([bobsPostId, life.carouselId, alice.userId]);
    expect(reports.map(({ reporter_id }) => reporter_id === null)).to.eql([true, false, false]);
  });

  it('leaves the name to whoever wants it next, who is somebody else', async () => {
    const another = await joinApp(w.base, 'alice');
    expect(another.userId).not.to.equal(alice.userId);
    expect(await countsOf(another)).to.eql([0, 0, 0]);
    const notices = await dataOf(another.GET('/v1/notifications'));
    expect(notices).to.include({ unread_count: 0, has_more: false });
    const profile = await dataOf(carol.GET('/v1/users/{user_id}', at({ user_id: '@alice' })));
    expect(profile).to.include({ user_id: another.userId, is_following: false, is_private: false });
    await dataOf(carol.POST('/v1/users/{user_id}/follow', at({ user_id: another.userId })));
    await w.settle();
    const { results } = await dataOf(bob.GET('/v1/search', asking({ type: 'user', q: 'alice' })));
    expect(results.map((hit) => hit.type === 'user' && hit.user.user_id)).to.include(another.userId);
  });
});
