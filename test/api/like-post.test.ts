import { expect } from 'chai';
import { sql } from 'kysely';
import { addDelta } from '../../shared/counts/index.ts';
import { sweepCounts } from '../../workers/sweep.ts';
import { type Client, send } from '../tools/client.ts';
import { listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { until, type World, world } from '../tools/world.ts';

describe('POST and DELETE /v1/posts/{post_id}/like', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let image: Buffer;
  before(async () => {
    w = await world();
    [alice, bob, carol] = await Promise.all([w.join('alice'), w.join('bob'), w.join('carol')]);
    for (const client of [bob, carol]) await client.post('/v1/users/@alice/follow');
    image = await photo({ width: 60, height: 60 });
  });
  after(() => w[Symbol.asyncDispose]());

  const upload = async () => {
    const { post_id: postId } = (await alice.upload(image)).body;
    await w.settle();
    return { postId, path: `/v1/posts/${postId}`, like: `/v1/posts/${postId}/like` };
  };
  const inFeed = async (client: Client, postId: string) =>
    (await client.get('/v1/feed')).body.posts.find((post: { post_id: string }) => post.post_id === postId);
  const rowOf = (postId: string) =>
    w.tools.db
      .selectFrom('posts')
      .select(['id', 'like_count'])
      .where('post_id', '=', postId)
      .executeTakeFirstOrThrow();
  const noticesOf = async (postId: string) => {
    const { rows } = await sql<{ to: string; from: string; type: string }>`
      SELECT u.username AS to, a.username AS from, n.type FROM notifications n
      JOIN users u ON u.id = n.user_id JOIN users a ON a.id = n.actor_id JOIN posts p ON p.id = n.post_id
      WHERE p.post_id = ${postId} ORDER BY a.username`.execute(w.tools.db);
    return rows;
  };

  it('answers 200 with the state and the count, the own act included', async () => {
    const { postId, like } = await upload();
    const liked = await bob.post(like);
    expect(liked.status, liked.text).to.equal(200);
    expect(liked.body).to.eql({ post_id: postId, is_liked: true, like_count: 1 });
    expect((await carol.post(like)).body.like_count).to.equal(2);
    const unliked = await bob.delete(like);
    expect(unliked.status).to.equal(200);
    expect(unliked.body).to.eql({ post_id: postId, is_liked: false, like_count: 1 });
  });

  it('shows in the feed of who liked although the API died right after the commit', async () => {
    const { postId } = await upload();
    const seen = async () => {
      const { is_liked, like_count } = await inFeed(bob, postId);
      return [is_liked, like_count];
    };
    expect(await seen()).to.eql([false, 0]);
    const { id: post } = await rowOf(postId);
    const users = w.tools.db.selectFrom('users').select('id');
    const { id: actor } = await users.where('user_id', '=', bob.userId).executeTakeFirstOrThrow();
    await w.tools.db.transaction().execute(async (tx) => {
      await tx.insertInto('likes').values({ user_id: actor, post_id: post }).execute();
      await addDelta(tx, 'post.likes', post, 1, actor);
    });
    await sweepCounts(w.tools, 0);
    await w.settle();
    expect(await seen()).to.eql([true, 1]);
    await w.tools.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('likes').where('post_id', '=', post).execute();
      await addDelta(tx, 'post.likes', post, -1, actor);
    });
    await sweepCounts(w.tools, 0);
    await w.settle();
    expect(await seen()).to.eql([false, 0]);
  });

  it('changes nothing when it is said twice', async () => {
    const { postId, like } = await upload();
    await bob.post(like);
    expect((await bob.post(like)).body).to.eql({ post_id: postId, is_liked: true, like_count: 1 });
    await w.settle();
    expect((await bob.post(like)).body.like_count).to.equal(1);
    await bob.delete(like);
    expect((await bob.delete(like)).body).to.eql({ post_id: postId, is_liked: false, like_count: 0 });
    await w.settle();
    expect((await rowOf(postId)).like_count).to.equal(0);
  });

  it('keeps a row and a delta, and rolls the delta up into the post', async () => {
    const { postId, like } = await upload();
    await bob.post(like);
    await carol.post(like);
    const { id } = await rowOf(postId);
    const { db } = w.tools;
    const likes = () => db.selectFrom('likes').select('user_id').where('post_id', '=', id).execute();
    expect(await likes()).to.have.length(2);
    await w.settle();
    expect((await rowOf(postId)).like_count).to.equal(2);
    const deltas = await db
      .selectFrom('count_deltas')
      .selectAll()
      .where('counter', '=', 'post.likes')
      .where('target_id', '=', id)
      .execute();
    expect(deltas).to.eql([]);
    await bob.delete(like);
    expect(await likes()).to.have.length(1);
    await w.settle();
    expect((await rowOf(postId)).like_count).to.equal(1);
  });

  it('shows in the post and in feeds at once, before and after the roll-up', async () => {
    const { postId, path, like } = await upload();
    const seen = async (client: Client) => {
      const [post, entry] = [(await client.get(path)).body, await inFeed(client, postId)];
      expect({ ...entry }, 'the feed tells what the post tells').to.eql(post);
      return [post.is_liked, post.like_count];
    };
    expect(await seen(bob)).to.eql([false, 0]);
    await bob.post(like);
    expect(await seen(bob)).to.eql([true, 1]);
    await w.settle();
    expect(await seen(bob)).to.eql([true, 1]);
    expect(await seen(carol)).to.eql([false, 1]);
    expect(await seen(alice)).to.eql([false, 1]);
    await bob.delete(like);
    expect(await seen(bob)).to.eql([false, 0]);
    await bob.post(like);
    await bob.delete(like);
    await bob.post(like);
    expect(await seen(bob)).to.eql([true, 1]);
    await w.settle();
    for (const client of [bob, carol]) expect((await seen(client))[1]).to.equal(1);
  });

  it('counts every like of a crowd once', async () => {
    const { postId, like } = await upload();
    const crowd = [alice, bob, carol];
    await Promise.all([...crowd, ...crowd, ...crowd].map((client) => client.post(like)));
    await w.settle();
    expect((await rowOf(postId)).like_count).to.equal(3);
    await Promise.all([...crowd, ...crowd].map((client) => client.delete(like)));
    await w.settle();
    expect((await rowOf(postId)).like_count).to.equal(0);
  });

  it('tells the author who liked, takes it back with the like, and says nothing of a like of their own', async () => {
    const { postId, like } = await upload();
    await using ear = await listen(w.base, alice);
    await bob.post(like);
    await alice.post(like);
    await w.settle();
    expect(await noticesOf(postId)).to.eql([{ to: 'alice', from: 'bob', type: 'like' }]);
    await until('alice is told live', () => ear.types().includes('notification'));
    await bob.delete(like);
    await w.settle();
    expect(await noticesOf(postId)).to.eql([]);
  });

  it('repeats its answer under an Idempotency-Key', async () => {
    const { like } = await upload();
    const key = { 'Idempotency-Key': 'like-once' };
    const first = await bob.post(like, undefined, key);
    await carol.post(like);
    const again = await bob.post(like, undefined, key);
    expect(again.text).to.equal(first.text);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
  });

  it('answers 404 for a post there is none of, or that may not be known of', async () => {
    const { path, like } = await upload();
    for (const id of ['post_01j8z3k4m5n6p7q8r9s0t1v2w3', '%00', 'x', '%F0%9F%98%80']) {
      for (const reply of [
        await bob.post(`/v1/posts/${id}/like`),
        await bob.delete(`/v1/posts/${id}/like`),
      ]) {
        expectRefusal(reply, 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
      }
    }
    await alice.put(path, { is_archived: true });
    expect((await bob.post(like)).status).to.equal(404);
    expect((await alice.post(like)).status).to.equal(200);
    expectRefusal(await send(w.base, 'POST', like), 'UNAUTHORIZED');
    expectRefusal(await send(w.base, 'DELETE', like), 'UNAUTHORIZED');
  });

  it('answers 404 when the post is deleted in the same moment', async () => {
    const { postId, like } = await upload();
    const { id } = await rowOf(postId);
    const liking = await w.tools.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('posts').where('id', '=', id).execute();
      const reply = bob.post(like);
      await until('the like waits for the deletion', async () => {
        const { rows } = await sql`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
          AND datname = current_database() AND query LIKE '%"likes"%'`.execute(w.tools.db);
        return rows.length > 0;
      });
      return { reply };
    });
    expectRefusal(await liking.reply, 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
  });
});

describe('a like that no worker has counted yet', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let image: Buffer;
  before(async () => {
    w = await world({ serves: [] });
    [alice, bob] = await Promise.all([w.join('alice'), w.join('bob')]);
    await bob.post('/v1/users/@alice/follow');
    image = await photo({ width: 60, height: 60 });
  });
  after(() => w[Symbol.asyncDispose]());

  /** A new post that both have in their feeds, and this process in its memory. */
  async function upload(): Promise<string> {
    const { post_id: postId } = (await alice.upload(image)).body;
    await w.tools.feeds.forget(bob.userId);
    for (const client of [alice, bob]) await client.get('/v1/feed');
    return postId;
  }
  const seen = async (client: Client, postId: string) => {
    const { posts } = (await client.get('/v1/feed')).body;
    const post = posts.find((each: { post_id: string }) => each.post_id === postId);
    return [post.is_liked, post.like_count];
  };

  it('is counted once in the own feed, however often it is taken back', async () => {
    const postId = await upload();
    for (const state of [true, false, true, true, false, false, true]) {
      if (state) await bob.post(`/v1/posts/${postId}/like`);
      else await bob.delete(`/v1/posts/${postId}/like`);
      expect(await seen(bob, postId)).to.eql([state, state ? 1 : 0]);
    }
    expect(await seen(alice, postId)).to.eql([false, 1]);
  });

  it('is counted in a feed that is rebuilt', async () => {
    const postId = await upload();
    await bob.post(`/v1/posts/${postId}/like`);
    await w.tools.feeds.forget(bob.userId);
    expect(await seen(bob, postId)).to.eql([true, 1]);
  });

  it('is not counted twice in a feed that is rebuilt after it was taken back', async () => {
    const postId = await upload();
    await bob.post(`/v1/posts/${postId}/like`);
    await w.tools.changes.announce('post', postId);
    expect(await seen(bob, postId)).to.eql([true, 1]);
    await bob.delete(`/v1/posts/${postId}/like`);
    await w.tools.feeds.forget(bob.userId);
    expect(await seen(bob, postId)).to.eql([false, 0]);
  });
});
