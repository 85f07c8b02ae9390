/** The cached feed against the definition in SQL. */
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { sql } from 'kysely';
import { feedFromPostgres } from '../../shared/feeds/postgres.ts';
import { beginBuild, endBuild } from '../../shared/feeds/scripts.ts';
import { newId, timeOf } from '../../shared/ids.ts';
import { keys } from '../../shared/keys.ts';
import { openRunId } from '../../shared/redis/run-id.ts';
import { openTools, type Tools } from '../../shared/tools.ts';
import { emptyRedis } from '../tools/redis.ts';
import { type World, world } from '../tools/world.ts';

/** Shallow, so that a few posts reach below the cache. */
const depth = 20;

describe('feeds', () => {
  let w: World;
  let tools: Tools;
  const people: { id: number; userId: string }[] = [];
  before(async () => {
    w = await world({ serves: [], env: { FEED_DEPTH: String(depth) } });
    tools = await openTools(w.config, 'test');
    for (let count = 0; count < 4; count += 1) {
      const userId = newId('user');
      const { id } = await tools.db
        .insertInto('users')
        .values({ user_id: userId, username: `u${randomUUID().slice(0, 20)}` })
        .returning('id')
        .executeTakeFirstOrThrow();
      people.push({ id, userId });
    }
  });
  after(async () => {
    await tools.stop();
    await w[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await sql`TRUNCATE posts, follows, likes CASCADE`.execute(tools.db);
    await emptyRedis(tools.cache);
  });

  const viewer = () => people[0] as { id: number; userId: string };
  let clock = Date.now();
  const tick = () => {
    clock += 1;
    return clock;
  };

  async function write(author: { id: number }, atMs = tick()): Promise<string> {
    const postId = newId('post', atMs);
    await sql`INSERT INTO posts (post_id, user_id, image_urls, created_at)
      VALUES (${postId}, ${author.id}, '[]', ${new Date(atMs)})`.execute(tools.db);
    return postId;
  }
  async function follow(author: { id: number }): Promise<void> {
    await sql`INSERT INTO follows (follower_id, following_id) VALUES (${viewer().id}, ${author.id})
      ON CONFLICT DO NOTHING`.execute(tools.db);
    await tools.feeds.forget(viewer().userId);
  }
  async function allPages(limit: number): Promise<string[]> {
    const seen: string[] = [];
    let before: string | undefined;
    for (;;) {
      const page = await tools.feeds.page(viewer(), before, limit);
      seen.push(...page.entries.map((entry) => entry.postId));
      if (!page.more) return seen;
      before = page.entries.at(-1)?.postId;
    }
  }
  /** Ends a build that found no post in Postgres. */
  const endWhole = async (token: string) => {
    const { userId } = viewer();
    const run = await openRunId(tools.cache)(keys.feed(userId));
    const values = [token, run, '0 ', Date.now(), 60, depth, 1, 0];
    return endBuild(tools.cache, [keys.feed(userId), keys.marks(userId)], values);
  };
  const definition = () => feedFromPostgres(tools.db, viewer().id, undefined, 10_000);

  it('equal their definition after any sequence of writes and losses', async () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ do: fc.constant('post' as const), who: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('old post' as const), who: fc.nat(3) }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('follow' as const), who: fc.integer({ min: 1, max: 3 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('unfollow' as const), who: fc.integer({ min: 1, max: 3 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), who: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('read' as const), who: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), who: fc.nat(3) }) },
    );
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 70 }),
      fc.integer({ min: 1, max: 9 }),
      async (steps, limit) => {
        await sql`TRUNCATE posts, follows CASCADE`.execute(tools.db);
        await emptyRedis(tools.cache);
        for (const { do: act, who } of steps) {
          const person = people[who] as { id: number; userId: string };
          if (act === 'post' || act === 'old post') {
            const postId = await write(person, act === 'old post' ? clock - 1_000 : undefined);
            const { rows } = await sql`SELECT FROM follows WHERE follower_id = ${viewer().id}
              AND following_id = ${person.id}`.execute(tools.db);
            if (rows.length > 0 || who === 0) await tools.feeds.push([viewer().userId], postId);
          } else if (act === 'follow') {
            await follow(person);
          } else if (act === 'unfollow') {
            await sql`DELETE FROM follows WHERE following_id = ${person.id}`.execute(tools.db);
            await tools.feeds.forget(viewer().userId);
          } else if (act === 'lose') {
            await emptyRedis(tools.cache);
          } else if (act === 'delete') {
            const { rows } = await sql<{ post_id: string }>`DELETE FROM posts WHERE id =
              (SELECT id FROM posts WHERE user_id = ${person.id} LIMIT 1) RETURNING post_id`.execute(
              tools.db,
            );
            if (rows[0]) await tools.feeds.drop([viewer().userId], rows[0].post_id);
          } else {
            await tools.feeds.page(viewer(), undefined, limit);
          }
        }
        expect(await allPages(limit)).to.eql(await definition());
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });

  it('is cached under the key and with the scores the schema names', async () => {
    const postId = await write(viewer());
    await tools.feeds.page(viewer(), undefined, 20);
    const stored = await tools.cache.zrevrange(`feed:${viewer().userId}`, 0, 0, 'WITHSCORES');
    expect([stored[0], Number(stored[1])]).to.eql([postId, Math.floor(timeOf(postId) / 1_000)]);
    expect(await tools.cache.ttl(`feed:${viewer().userId}`)).to.be.within(86_000, 86_400);
  });

  it('never grow out of a push: an absent feed stays absent', async () => {
    expect(await tools.feeds.push([viewer().userId], await write(viewer()))).to.equal(0);
    expect(await tools.cache.exists(keys.feed(viewer().userId))).to.equal(0);
  });

  it('hold a post that was pushed while they were being built', async () => {
    const feed = keys.feed(viewer().userId);
    await beginBuild(tools.cache, [feed], ['token', 30]);
    const late = await write(viewer());
    expect(await tools.feeds.push([viewer().userId], late)).to.equal(1);
    expect(await endWhole('token')).to.equal(1);
    const page = await tools.feeds.page(viewer(), undefined, 20);
    expect(page).to.eql({
      entries: [{ postId: late, liked: null, saved: null }],
      more: false,
      isBlocked: false,
    });
  });

  it('keep nothing of a build that was forgotten or marked meanwhile', async () => {
    const feed = keys.feed(viewer().userId);
    const end = () => endWhole('token');
    await beginBuild(tools.cache, [feed], ['token', 30]);
    await tools.feeds.forget(viewer().userId);
    expect(await end()).to.equal(0);
    await beginBuild(tools.cache, [feed], ['token', 30]);
    await tools.feeds.mark(viewer().userId, 'liked', 'post_x', 7);
    expect(await end()).to.equal(0);
  });

  it('keep the newest of two marks, whichever comes last', async () => {
    const postId = await write(viewer());
    await tools.feeds.page(viewer(), undefined, 20);
    await tools.feeds.mark(viewer().userId, 'liked', postId, -9);
    await tools.feeds.mark(viewer().userId, 'liked', postId, 8);
    const page = await tools.feeds.page(viewer(), undefined, 20);
    expect(page.entries).to.eql([{ postId, liked: -9, saved: null }]);
  });
});
