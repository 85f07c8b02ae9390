/** Authors whose followers become too many to push to: before, while and after they are merged at read time. */
import { expect } from 'chai';
import { sql } from 'kysely';
import { keys } from '../../shared/keys.ts';
import type { LiveMessage } from '../../shared/live/index.ts';
import { followersPerPart } from '../../workers/followers.ts';
import { sweepEffects } from '../../workers/sweep.ts';
import type { Client } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { emptyRedis } from '../tools/redis.ts';
import { internalId } from '../tools/rows.ts';
import { until, type World, world } from '../tools/world.ts';

/** One more than a part holds, so that a crossing is always split. */
const fanOutMax = followersPerPart;

describe('an author with very many followers', () => {
  let w: World;
  let image: Buffer;
  let star: Client;
  let fan: Client;
  before(async () => {
    w = await world({ env: { FANOUT_MAX: String(fanOutMax), FEED_DEPTH: '20' } });
    image = await photo({ width: 40, height: 40 });
    [star, fan] = [await w.join('star'), await w.join('fan')];
    await fan.post('/v1/users/@star/follow');
    await addCrowd(star, 'crowd', fanOutMax - 1);
    await w.settle();
  });
  after(() => w[Symbol.asyncDispose]());

  async function addCrowd(author: Client, name: string, count: number): Promise<void> {
    await sql`WITH added AS (
        INSERT INTO users (user_id, username)
        SELECT 'user_' || ${name} || lpad(n::text, 12, '0'), ${name} || n FROM generate_series(1, ${count}::int) n
        RETURNING id), followed AS (
        UPDATE users SET follower_count = follower_count + ${count} WHERE user_id = ${author.userId} RETURNING id)
      INSERT INTO follows (follower_id, following_id) SELECT added.id, followed.id FROM added, followed`.execute(
      w.tools.db,
    );
  }
  const upload = async (who: Client) => (await who.upload(image)).body.post_id as string;
  const idsOf = async (reader: Client, query = '?limit=100') =>
    (await reader.get(`/v1/feed${query}`)).body.posts.map(({ post_id }: { post_id: string }) => post_id);
  const cachedIn = async ({ userId }: Client) =>
    (await w.tools.cache.zrevrange(keys.feed(userId), 0, -1)).filter((member) => member.startsWith('post_'));
  const since = async (author: Client) => {
    const users = w.tools.db.selectFrom('users').select(['merged_since', 'unpushed_since']);
    return users.where('user_id', '=', author.userId).executeTakeFirstOrThrow();
  };
  const receipt = async (author: Client, postId: string, name: string) => {
    const { effects } = (await author.get(`/v1/posts/${postId}/status`)).body;
    return effects.find((effect: { name: string }) => effect.name === name);
  };

  it('is pushed as long as there are not too many', async () => {
    expect(await idsOf(fan)).to.eql([]);
    const postId = await upload(star);
    await w.settle();
    expect(await cachedIn(fan)).to.eql([postId]);
    expect(await since(star)).to.eql({ merged_since: null, unpushed_since: null });
  });

  it('is merged from the first post with too many followers on, as its receipt shows', async () => {
    const before = await idsOf(fan);
    const reader = await w.join('reader');
    await reader.post('/v1/users/@star/follow');
    await w.settle();
    await idsOf(reader);
    const postId = await upload(star);
    await w.settle();
    const { merged_since, unpushed_since } = await since(star);
    expect([merged_since, unpushed_since]).to.not.include(null);
    expect(await receipt(star, postId, 'merge-author')).to.deep.include({ state: 'done', percent: 100 });
    expect(await receipt(star, postId, 'fan-out-post')).to.deep.include({ state: 'done', percent: 100 });
    expect(await w.tools.cache.exists(keys.feed(fan.userId)), 'the feed was forgotten').to.equal(0);
    for (const viewer of [fan, reader]) {
      expect(await idsOf(viewer)).to.eql([postId, ...before]);
      expect(await cachedIn(viewer), 'built without the author').to.eql([]);
    }
  });

  it('is in feeds at once, and in nobody’s cached feed but the author’s', async () => {
    const before = await idsOf(fan);
    const own = await idsOf(star);
    const postId = await upload(star);
    expect(await idsOf(fan), 'before any job has run').to.eql([postId, ...before]);
    expect(await idsOf(star)).to.eql([postId, ...own]);
    await w.settle();
    expect([await cachedIn(fan), (await cachedIn(star)).includes(postId)]).to.eql([[], true]);
    expect(await receipt(star, postId, 'fan-out-post')).to.deep.include({ state: 'done', percent: 100 });
  });

  it('is merged with what others push, exactly, page by page', async () => {
    const bob = await w.join('bob');
    await fan.post('/v1/users/@bob/follow');
    const all = await idsOf(fan);
    for (let count = 0; count < 30; count += 1) all.unshift(await upload(count % 3 === 0 ? star : bob));
    await w.settle();
    for (const limit of [1, 7, 20, 21, 100]) {
      const seen: string[] = [];
      for (let cursor = ''; cursor !== 'null'; ) {
        const { body } = await fan.get(`/v1/feed?limit=${limit}${cursor && `&cursor=${cursor}`}`);
        seen.push(...body.posts.map(({ post_id }: { post_id: string }) => post_id));
        cursor = String(body.next_cursor);
      }
      expect(seen, `limit ${limit}`).to.eql(all);
    }
  });

  it('leaves feeds at once by deleting, archiving, muting, unfollowing, and comes back', async () => {
    const before = await idsOf(fan);
    const [first, second] = [await upload(star), await upload(star)];
    expect(await idsOf(fan)).to.eql([second, first, ...before]);
    await star.delete(`/v1/posts/${second}`);
    await star.put(`/v1/posts/${first}`, { is_archived: true });
    expect(await idsOf(fan)).to.eql(before);
    await star.put(`/v1/posts/${first}`, { is_archived: false });
    expect(await idsOf(fan)).to.eql([first, ...before]);
    const steps = [
      [() => fan.post('/v1/users/@star/mute'), () => fan.delete('/v1/users/@star/mute')],
      [() => fan.delete('/v1/users/@star/follow'), () => fan.post('/v1/users/@star/follow')],
    ] as const;
    for (const [leave, comeBack] of steps) {
      await leave();
      expect(await idsOf(fan)).to.not.include(first);
      await comeBack();
      expect(await idsOf(fan)).to.eql([first, ...before]);
    }
    await w.settle();
    expect(await idsOf(fan)).to.eql([first, ...before]);
  });

  it('shows each viewer what they liked and saved, now and long ago', async () => {
    const old = (await idsOf(fan)).at(-1) as string;
    const marksOf = async (postId: string) => {
      const { posts } = (await fan.get('/v1/feed?limit=100')).body;
      const { is_liked, is_saved, like_count } = posts.find(
        (post: { post_id: string }) => post.post_id === postId,
      );
      return [is_liked, is_saved, like_count];
    };
    expect(await marksOf(old)).to.eql([false, false, 0]);
    await fan.post(`/v1/posts/${old}/like`);
    await fan.post(`/v1/posts/${old}/save`);
    expect(await marksOf(old), 'at once').to.eql([true, true, 1]);
    await w.settle();
    await w.tools.feeds.forget(fan.userId);
    expect(await marksOf(old), 'in a feed that was built later').to.eql([true, true, 1]);
    expect(await marksOf(old), 'read a second time').to.eql([true, true, 1]);
    await fan.delete(`/v1/posts/${old}/like`);
    await fan.delete(`/v1/posts/${old}/save`);
    expect(await marksOf(old)).to.eql([false, false, 0]);
  });

  it('shows the marks of a post that was also pushed, while it was being merged', async () => {
    const [postId] = await idsOf(fan);
    await fan.post(`/v1/posts/${postId}/like`);
    await w.settle();
    await w.tools.feeds.forget(fan.userId);
    await idsOf(fan);
    await w.tools.feeds.push([fan.userId], postId);
    expect(await cachedIn(fan)).to.include(postId);
    const [post] = (await fan.get('/v1/feed')).body.posts;
    expect([post.post_id, post.is_liked]).to.eql([postId, true]);
  });

  it('tells those followers of a new post who are connected and have not muted', async () => {
    const muter = await w.join('muter');
    await muter.post('/v1/users/@star/follow');
    await muter.post('/v1/users/@star/mute');
    const stranger = await w.join('stranger');
    const heard = new Map<string, string[]>();
    for (const { userId } of [fan, muter, stranger]) {
      heard.set(userId, []);
      await w.tools.live.listen(userId, undefined, (text) => {
        const { type, data } = JSON.parse(text) as LiveMessage;
        if (type === 'feed.new_post') heard.get(userId)?.push(String(data.post_id));
      });
    }
    const postId = await upload(star);
    await until('the fan hears of it', () => heard.get(fan.userId)?.length === 1);
    await w.settle();
    expect([...heard.values()]).to.eql([[postId], [], []]);
  });

  it('is pushed until the last part of the crossing is done, however often it is lost', async () => {
    const idol = await w.join('idol');
    await fan.post('/v1/users/@idol/follow');
    await addCrowd(idol, 'idols', fanOutMax + 5);
    await w.settle();
    const before = await idsOf(fan);
    const postId = await upload(idol);
    await w.settle();
    const event = sql`(SELECT event_id FROM effects WHERE subject = ${postId} AND job = 'merge-author')`;
    const parts = () =>
      sql<{ part: number }>`SELECT part FROM effect_parts WHERE event_id = ${event}
      AND job = 'merge-author' ORDER BY part`.execute(w.tools.db);
    expect((await parts()).rows).to.eql([{ part: 0 }, { part: 1 }]);

    // As if the process had died before the last part, and Redis had lost the jobs.
    await sql`DELETE FROM effect_parts WHERE event_id = ${event} AND part = 1`.execute(w.tools.db);
    await sql`UPDATE effects SET state = 'running' WHERE subject = ${postId} AND job = 'merge-author'`.execute(
      w.tools.db,
    );
    await sql`UPDATE users SET unpushed_since = NULL WHERE user_id = ${idol.userId}`.execute(w.tools.db);
    await emptyRedis(w.tools.queueRedis);
    expect(await idsOf(fan)).to.eql([postId, ...before]);
    const second = await upload(idol);
    await w.settle();
    expect(await cachedIn(fan), 'still pushed').to.include(second);
    expect(await idsOf(fan), 'pushed and merged, and there once').to.eql([second, postId, ...before]);

    // Fewer followers than one part holds are left: it stays split.
    await sql`DELETE FROM follows WHERE following_id = ${await internalId(w, 'users', idol.userId)}
      AND id NOT IN (SELECT id FROM follows ORDER BY id LIMIT 1)
      AND follower_id <> ${await internalId(w, 'users', fan.userId)}`.execute(w.tools.db);
    expect(await sweepEffects(w.tools, 0)).to.equal(1);
    await w.settle();
    expect((await since(idol)).unpushed_since).to.not.equal(null);
    expect((await parts()).rows).to.have.length(2);
    expect(await receipt(idol, postId, 'merge-author')).to.deep.include({ state: 'done', percent: 100 });
    expect(await idsOf(fan)).to.eql([second, postId, ...before]);
  });
});
