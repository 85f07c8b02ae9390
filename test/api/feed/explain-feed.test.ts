import { expect } from 'chai';
import { sql } from 'kysely';
import { keys } from '../../../shared/keys.ts';
import { type Client, send } from '../../tools/client.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { type World, world } from '../../tools/world.ts';

const depth = 20;

describe('GET /v1/feed/explain', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let image: Buffer;
  before(async () => {
    w = await world({ env: { FEED_DEPTH: String(depth), FANOUT_MAX: '1' } });
    [alice, bob] = [await w.join('alice'), await w.join('bob')];
    image = await photo({ width: 8, height: 8 });
  });
  after(() => w[Symbol.asyncDispose]());

  const upload = async (who: Client) => (await who.upload(image)).body.post_id as string;
  const explain = (who: Client, postId: string) => who.get(`/v1/feed/explain?post_id=${postId}`);
  /** The explanation in brief, and whether the feed bears it out. */
  async function told(who: Client, postId: string) {
    const { status, body, text } = await explain(who, postId);
    expect(status, text).to.equal(200);
    const { posts } = (await who.get('/v1/feed?limit=100')).body;
    const at = posts.findIndex((post: { post_id: string }) => post.post_id === postId);
    expect([body.is_in_feed, body.position]).to.eql([at >= 0, at >= 0 ? at + 1 : null]);
    return { source: body.source, reasons: body.reasons.map(({ code }: { code: string }) => code) };
  }

  it('answers 200 and says why a post is there, and where it comes from', async () => {
    await bob.post('/v1/users/@alice/follow');
    await bob.get('/v1/feed');
    const postId = await upload(alice);
    await w.settle();
    expect((await explain(bob, postId)).body).to.eql({
      post_id: postId,
      is_in_feed: true,
      reasons: [{ code: 'follows_author', message: 'You follow its author.' }],
      source: 'pushed',
      is_cached: true,
      position: 1,
    });
    expect(await told(alice, postId)).to.eql({ source: 'pushed', reasons: ['own_post'] });
  });

  it('says that a post is merged in, or comes from Postgres', async () => {
    const star = await w.join('star');
    for (const who of [alice, bob]) await who.post('/v1/users/@star/follow');
    await w.settle();
    const posts: string[] = [];
    for (let count = 0; count < depth + 5; count += 1) posts.push(await upload(star));
    await w.settle();
    const [oldest, newest] = [posts[0] as string, posts.at(-1) as string];
    expect(await told(bob, newest)).to.eql({ source: 'merged', reasons: ['follows_author'] });
    expect(await told(bob, oldest)).to.eql({ source: 'postgres', reasons: ['follows_author'] });
    const { body } = await explain(bob, oldest);
    expect([body.is_cached, body.position]).to.eql([false, depth + 5]);
  });

  it('says why a post is not there', async () => {
    const carol = await w.join('carol');
    const postId = await upload(alice);
    await w.settle();
    expect(await told(carol, postId)).to.eql({ source: null, reasons: ['not_following'] });
    await carol.post('/v1/users/@alice/follow');
    await w.settle();
    expect(await told(carol, postId)).to.eql({ source: 'pushed', reasons: ['follows_author'] });
    await carol.post('/v1/users/@alice/mute');
    expect(await told(carol, postId)).to.eql({ source: null, reasons: ['follows_author', 'author_muted'] });
    await carol.delete('/v1/users/@alice/follow');
    expect(await told(carol, postId)).to.eql({ source: null, reasons: ['not_following', 'author_muted'] });
    await alice.put(`/v1/posts/${postId}`, { is_archived: true });
    expect(await told(alice, postId)).to.eql({ source: null, reasons: ['own_post', 'archived'] });
  });

  it('says that a post is on its way as long as it is', async () => {
    const slow = await world({ serves: [], env: { FEED_DEPTH: String(depth) } });
    try {
      const [dave, erin] = [await slow.join('dave'), await slow.join('erin')];
      await erin.post('/v1/users/@dave/follow');
      await erin.get('/v1/feed');
      const postId = await upload(dave);
      expect(await told(erin, postId)).to.eql({ source: null, reasons: ['follows_author', 'on_its_way'] });
      expect(await told(dave, postId), 'one’s own has arrived').to.eql({
        source: 'pushed',
        reasons: ['own_post'],
      });
      await slow.tools.cache.del(keys.feed(erin.userId));
      expect(await told(erin, postId), 'read anew').to.eql({ source: 'pushed', reasons: ['follows_author'] });

      // As if the request had died between its commit and forgetting the feed.
      await sql`DELETE FROM follows WHERE follower_id = ${await internalId(slow, 'users', erin.userId)}`.execute(
        slow.tools.db,
      );
      const { body } = await explain(erin, postId);
      expect(body.reasons.map(({ code }: { code: string }) => code)).to.eql([
        'not_following',
        'being_removed',
      ]);
      expect(body.is_in_feed).to.equal(true);
    } finally {
      await slow[Symbol.asyncDispose]();
    }
  });

  it('gives no position beyond 1,000', async () => {
    const writer = await w.join('writer');
    const postId = await upload(writer);
    await sql`INSERT INTO posts (post_id, user_id, image_urls)
      SELECT 'post_7zzzzzzzzz' || lpad(n::text, 16, '0'), ${await internalId(w, 'users', writer.userId)}, '[]'
      FROM generate_series(1, 1000) n`.execute(w.tools.db);
    await w.tools.feeds.forget(writer.userId);
    const { body } = await explain(writer, postId);
    expect([body.is_in_feed, body.source, body.position]).to.eql([true, 'postgres', null]);
  });

  it('does not know a post the viewer may not see', async () => {
    const dora = await w.join('dora');
    const postId = await upload(dora);
    expect((await explain(bob, postId)).status).to.equal(200);
    const refused = async (reason = `Post '${postId}' does not exist`) =>
      expectRefusal(await explain(bob, postId), 'NOT_FOUND', { field: 'post_id', reason });
    await dora.post('/v1/users/@bob/block');
    await refused();
    await dora.delete('/v1/users/@bob/block');
    await bob.post('/v1/users/@dora/block');
    await refused();
    await bob.delete('/v1/users/@dora/block');
    await dora.patch('/v1/users/me', { is_private: true });
    await refused();
    await dora.patch('/v1/users/me', { is_private: false });
    await dora.put(`/v1/posts/${postId}`, { is_archived: true });
    await refused();
    await dora.delete(`/v1/posts/${postId}`);
    await refused();
    for (const id of ['post_none', 'post_01j8z3k4m5n6p7q8r9s0t1v2w3', alice.userId]) {
      expectRefusal(await explain(bob, id), 'NOT_FOUND', { field: 'post_id' });
    }
  });

  it('asks for a post and a token', async () => {
    expectRefusal(await bob.get('/v1/feed/explain'), 'INVALID_INPUT', { field: 'post_id' });
    expectRefusal(await bob.get('/v1/feed/explain?post_id=%00'), 'INVALID_INPUT', { field: 'post_id' });
    expectRefusal(await bob.get('/v1/feed/explain?post_id=a&post_id=b'), 'INVALID_INPUT', {
      field: 'post_id',
    });
    expectRefusal(await send(w.base, 'GET', '/v1/feed/explain?post_id=post_x'), 'UNAUTHORIZED');
  });
});
