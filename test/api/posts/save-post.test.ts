import { expect } from 'chai';
import { sql } from 'kysely';
import { addDelta } from '../../../shared/counts/index.ts';
import { sweepCounts } from '../../../workers/sweep.ts';
import { type Client, send } from '../../tools/client.ts';
import { queuedJobs } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { until, type World, world } from '../../tools/world.ts';

describe('POST and DELETE /v1/posts/{post_id}/save', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let image: Buffer;
  before(async () => {
    w = await world();
    [alice, bob] = await Promise.all([w.join('alice'), w.join('bob')]);
    await bob.post('/v1/users/@alice/follow');
    image = await photo({ width: 60, height: 60 });
  });
  after(() => w[Symbol.asyncDispose]());

  const upload = async () => {
    const { post_id: postId } = (await alice.upload(image)).body;
    await w.settle();
    return { postId, path: `/v1/posts/${postId}`, save: `/v1/posts/${postId}/save` };
  };
  const inFeed = async (client: Client, postId: string) =>
    (await client.get('/v1/feed')).body.posts.find((post: { post_id: string }) => post.post_id === postId);
  /** What the post, the feed and the profile say, which is the same. */
  const seen = async (client: Client, postId: string): Promise<boolean> => {
    const post = (await client.get(`/v1/posts/${postId}`)).body;
    const { posts } = (await client.get(`/v1/users/${alice.userId}/posts`)).body;
    expect(await inFeed(client, postId), 'the feed tells what the post tells').to.eql(post);
    expect(posts.find((each: { post_id: string }) => each.post_id === postId)).to.eql(post);
    return post.is_saved;
  };
  const savesOf = async (postId: string) =>
    w.tools.db
      .selectFrom('saves')
      .innerJoin('users', 'users.id', 'saves.user_id')
      .select(['username', 'saves.id'])
      .where('post_id', '=', await internalId(w, 'posts', postId))
      .execute();

  it('answers 200 with the state, also when it was so already', async () => {
    const { postId, save } = await upload();
    for (const saved of [true, true, false, false, true]) {
      const reply = saved ? await bob.post(save) : await bob.delete(save);
      expect(reply.status, reply.text).to.equal(200);
      expect(reply.body).to.eql({ post_id: postId, is_saved: saved });
    }
  });

  it('keeps one row, and a delta that is rolled up', async () => {
    const { postId, save } = await upload();
    await bob.post(save);
    await bob.post(save);
    await alice.post(save);
    expect((await savesOf(postId)).map(({ username }) => username).sort()).to.eql(['alice', 'bob']);
    const [first, second] = await savesOf(postId);
    expect(second?.id, 'each with a number of its own').not.to.equal(first?.id);
    await w.settle();
    const row = () =>
      w.tools.db
        .selectFrom('posts')
        .select('save_count')
        .where('post_id', '=', postId)
        .executeTakeFirstOrThrow();
    expect((await row()).save_count).to.equal(2);
    await bob.delete(save);
    await w.settle();
    expect((await row()).save_count).to.equal(1);
    expect((await savesOf(postId)).map(({ username }) => username)).to.eql(['alice']);
    const deltas = w.tools.db.selectFrom('count_deltas').selectAll().where('counter', '=', 'post.saves');
    expect(await deltas.execute()).to.eql([]);
  });

  it('shows to who saved it, everywhere and at once, and to nobody else', async () => {
    const { postId, save } = await upload();
    for (const saved of [true, false, true, true, false]) {
      if (saved) await bob.post(save);
      else await bob.delete(save);
      expect(await seen(bob, postId)).to.equal(saved);
      expect(await seen(alice, postId)).to.equal(false);
    }
    await bob.post(save);
    await w.settle();
    expect(await seen(bob, postId), 'after it was counted').to.equal(true);
    await w.tools.feeds.forget(bob.userId);
    expect(await seen(bob, postId), 'in a feed that was rebuilt').to.equal(true);
    await bob.delete(save);
    await w.tools.feeds.forget(bob.userId);
    expect(await seen(bob, postId), 'in one that was rebuilt before it was counted').to.equal(false);
  });

  it('stands beside a like', async () => {
    const { postId, path, save } = await upload();
    await bob.post(save);
    await bob.post(`${path}/like`);
    expect(await inFeed(bob, postId)).to.deep.include({ is_saved: true, is_liked: true, like_count: 1 });
    await bob.delete(save);
    expect(await inFeed(bob, postId)).to.deep.include({ is_saved: false, is_liked: true, like_count: 1 });
  });

  it('shows in the feed although the API died right after the commit', async () => {
    const { postId } = await upload();
    expect(await seen(bob, postId)).to.equal(false);
    const [post, actor] = await Promise.all([
      internalId(w, 'posts', postId),
      internalId(w, 'users', bob.userId),
    ]);
    await w.tools.db.transaction().execute(async (tx) => {
      await tx.insertInto('saves').values({ user_id: actor, post_id: post }).execute();
      await addDelta(tx, 'post.saves', post, 1, actor);
    });
    await sweepCounts(w.tools, 0);
    await w.settle();
    expect((await inFeed(bob, postId)).is_saved).to.equal(true);
    await w.tools.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('saves').where('post_id', '=', post).execute();
      await addDelta(tx, 'post.saves', post, -1, actor);
    });
    await sweepCounts(w.tools, 0);
    await w.settle();
    expect((await inFeed(bob, postId)).is_saved).to.equal(false);
  });

  it('of a mark that comes late, the newer act stands', async () => {
    const { postId, save } = await upload();
    await bob.get('/v1/feed');
    await bob.post(save);
    await bob.delete(save);
    const [{ act = 0 } = {}] = (
      await sql<{
        act: number;
      }>`SELECT max(id) AS act FROM count_deltas WHERE counter = 'post.saves'`.execute(w.tools.db)
    ).rows;
    await w.tools.feeds.mark(bob.userId, 'saved', postId, act - 1);
    expect((await inFeed(bob, postId)).is_saved).to.equal(false);
  });

  it('of many saves at once keeps one, and tells nobody', async () => {
    const { postId, save } = await upload();
    const replies = await Promise.all(Array.from({ length: 6 }, () => bob.post(save)));
    expect(replies.map(({ status }) => status)).to.eql(Array(6).fill(200));
    expect(await savesOf(postId)).to.have.length(1);
    await w.settle();
    expect(await seen(bob, postId)).to.equal(true);
    const { rows } = await sql`SELECT FROM notifications n JOIN posts p ON p.id = n.post_id
      WHERE p.post_id = ${postId}`.execute(w.tools.db);
    expect(rows).to.eql([]);
  });

  it('repeats its answer under an Idempotency-Key', async () => {
    const { postId, save } = await upload();
    const key = { 'Idempotency-Key': `save-once-${postId}` };
    const first = await bob.post(save, undefined, key);
    await bob.delete(save);
    const again = await bob.post(save, undefined, key);
    expect(again.text).to.equal(first.text);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    expect(await savesOf(postId)).to.eql([]);
  });

  it('answers 404 for a post there is none of, or that may not be seen', async () => {
    const { path, save } = await upload();
    for (const id of ['post_01j8z3k4m5n6p7q8r9s0t1v2w3', '%00', 'x', '%F0%9F%98%80']) {
      for (const reply of [
        await bob.post(`/v1/posts/${id}/save`),
        await bob.delete(`/v1/posts/${id}/save`),
      ]) {
        expectRefusal(reply, 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
      }
    }
    await alice.put(path, { is_archived: true });
    expectRefusal(await bob.post(save), 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
    expect((await alice.post(save)).status).to.equal(200);
    expectRefusal(await send(w.base, 'POST', save), 'UNAUTHORIZED');
    expectRefusal(await send(w.base, 'DELETE', save), 'UNAUTHORIZED');
  });

  it('answers 404 when the post is deleted in the same moment', async () => {
    const { postId, save } = await upload();
    const id = await internalId(w, 'posts', postId);
    const saving = await w.tools.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('posts').where('id', '=', id).execute();
      const reply = bob.post(save);
      await until('the save waits for the deletion', async () => {
        const { rows } = await sql`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
          AND datname = current_database() AND query LIKE '%"saves"%'`.execute(w.tools.db);
        return rows.length > 0;
      });
      return { reply };
    });
    expectRefusal(await saving.reply, 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
  });

  it('has its count added up soon', async () => {
    await using idle = await world({ serves: [] });
    const carol = await idle.join('carol');
    const { post_id: postId } = (await carol.upload(image)).body;
    await carol.post(`/v1/posts/${postId}/save`);
    const targetId = await internalId(idle, 'posts', postId);
    const jobs = (await queuedJobs(idle.tools)).filter(({ payload }) => payload.counter === 'post.saves');
    expect(jobs.map(({ name, payload }) => [name, payload.targetId])).to.eql([['roll-up-count', targetId]]);
  });
});
