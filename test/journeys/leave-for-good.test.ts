/** Somebody who had everything here leaves: nothing of them is left anywhere, and everybody else goes on as if they had never been. */
import { expect } from 'chai';
import { appOf, dataOf } from '../tools/app.ts';
import type { Client } from '../tools/client.ts';
import { textsOf } from '../tools/conversation.ts';
import { type FullLife, fullLife } from '../tools/full-life.ts';
import { listen } from '../tools/listen.ts';
import { sightings } from '../tools/sightings.ts';
import { idsOf, referencesToUsers, type Sought, tracesOf } from '../tools/traces.ts';
import { type World, world } from '../tools/world.ts';

describe('leaving for good', function () {
  this.timeout(120_000);
  let w: World;
  let life: FullLife;
  let sought: Sought;
  before(async () => {
    w = await world();
    life = await fullLife(w);
    sought = await idsOf(w, life.alice.userId);
  });
  after(() => w[Symbol.asyncDispose]());

  const feedOf = async (who: Client) =>
    (await dataOf(appOf(w.base, who).GET('/v1/feed'))).posts.map((post) => post.post_id);
  const countsOf = async (who: Client) => {
    const me = await dataOf(appOf(w.base, who).GET('/v1/users/me'));
    const { post_count, follower_count, following_count } = me;
    return [post_count, follower_count, following_count];
  };

  it('begins with an account that is in every table that can hold one', async () => {
    const found = await tracesOf(w, sought);
    const references = (await referencesToUsers(w)).map(({ table, column }) => `${table}.${column}`);
    // Whoever adds a table adds it to the life of test/tools/full-life.ts.
    expect(references.filter((column) => !found.includes(column))).to.eql([]);
    const { alice } = life;
    for (const key of ['feed', 'user', 'following', 'stories', 'live']) {
      expect(found).to.include(`key ${key}:${alice.userId}`);
    }
    for (const folder of ['avatars', 'exports', 'originals', 'p', 'stories']) {
      expect(
        found.some((trace) => trace.startsWith(`object ${folder}/`)),
        folder,
      ).to.equal(true);
    }
  });

  it('hides everything at once', async () => {
    const { alice, phone, bob, carol, carouselId, storyId } = life;
    const post = { postId: carouselId, authorId: alice.userId, word: 'harbour' };
    expect(await sightings(carol, post)).to.include.members(['feed', 'post']);
    await using ear = await listen(w.base, phone);
    const left = await alice.delete('/v1/users/me', undefined, { password: 'alice has a password' });
    expect(left.status, left.text).to.equal(204);
    expect(await sightings(carol, post)).to.eql([]);
    expect((await bob.get('/v1/users/@alice')).status).to.equal(404);
    expect((await bob.get('/v1/stories')).text).not.to.contain(storyId);
    expect((await phone.get('/v1/users/me')).status).to.equal(401);
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
    const { bob, carol, dora, erin, bobsPostId, bobsStoryId, said } = life;
    expect(await countsOf(bob)).to.eql([1, 1, 0]);
    expect(await countsOf(carol)).to.eql([0, 0, 1]);
    expect(await countsOf(dora)).to.eql([0, 0, 0]);
    expect(await countsOf(erin)).to.eql([0, 0, 0]);
    const post = (await bob.get(`/v1/posts/${bobsPostId}`)).body;
    expect([post.like_count, post.comment_count, post.tagged_users]).to.eql([1, 1, []]);
    const comments = (await bob.get(`/v1/posts/${bobsPostId}/comments`)).body.comments;
    expect(comments).to.have.length(1);
    expect(comments[0]).to.include({ comment_id: said.byCarol, like_count: 1, reply_count: 0 });
    expect(await textsOf(bob, `/v1/comments/${said.byCarol}/replies`)).to.eql([]);
    expect(
      (await bob.get(`/v1/comments/${said.carolsReply}/replies`)).status,
      'it went with what it replied to',
    ).to.equal(404);
    expect((await bob.get(`/v1/stories/${bobsStoryId}/viewers`)).body.view_count).to.equal(1);
    const { rows } = { rows: await w.tools.db.selectFrom('posts').select('save_count').execute() };
    expect(rows).to.eql([{ save_count: 0 }]);
    expect(await w.tools.db.selectFrom('count_deltas').selectAll().execute()).to.eql([]);
    expect((await bob.get('/v1/hashtags/harbour')).status).to.equal(404);
    expect((await bob.get('/v1/hashtags/bob')).body.post_count).to.equal(1);
  });

  it('leaves feeds, lists, notices and reports right', async () => {
    const { alice, bob, carol, dora, frank, bobsPostId } = life;
    expect(await feedOf(carol)).to.eql([bobsPostId]);
    expect(await feedOf(bob)).to.eql([bobsPostId]);
    const lists = [
      carol.get(`/v1/users/${carol.userId}/following`),
      dora.get('/v1/users/me/follow-requests'),
      carol.get('/v1/users/me/saved'),
      carol.get('/v1/users/me/liked'),
      bob.get('/v1/notifications'),
      carol.get('/v1/notifications'),
      frank.get('/v1/users/me/blocked'),
      bob.get('/v1/search?q=alice'),
      bob.get('/v1/search?q=harbour'),
    ];
    for (const { status, text } of await Promise.all(lists)) {
      expect(status, text).to.equal(200);
      for (const id of sought.publicIds) expect(text).not.to.contain(id);
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
    const { bob, carol } = life;
    const another = await w.join('alice');
    expect(another.userId).not.to.equal(life.alice.userId);
    expect(await countsOf(another)).to.eql([0, 0, 0]);
    expect((await another.get('/v1/notifications')).body).to.include({ unread_count: 0, has_more: false });
    expect((await carol.get('/v1/users/@alice')).body).to.include({
      user_id: another.userId,
      is_following: false,
      is_private: false,
    });
    expect((await carol.post(`/v1/users/${another.userId}/follow`)).status).to.equal(200);
    expect((await bob.get('/v1/search?type=user&q=alice')).text).to.contain(another.userId);
  });
});
