/** The lists of merged authors' posts in the memory of one process. */
import { expect } from 'chai';
import { type KyselyPlugin, sql } from 'kysely';
import { openAuthorPosts } from '../../../shared/feeds/author-posts.ts';
import { newId } from '../../../shared/ids.ts';
import { openTools, type Tools } from '../../../shared/tools.ts';
import { type World, world } from '../../tools/world.ts';

describe('the posts of merged authors', () => {
  let w: World;
  let tools: Tools;
  let authorId: number;
  before(async () => {
    w = await world({ serves: [] });
    tools = await openTools(w.config, 'test');
    await tools.changes.catchUp();
    const { rows } = await sql<{ id: number }>`
      INSERT INTO users (user_id, username) VALUES (${newId('user')}, 'star') RETURNING id`.execute(tools.db);
    authorId = rows[0]?.id as number;
  });
  after(async () => {
    await tools.stop();
    await w[Symbol.asyncDispose]();
  });

  let clock = Date.now();
  async function write(): Promise<string> {
    clock += 1;
    const postId = newId('post', clock);
    await sql`INSERT INTO posts (post_id, user_id, image_urls) VALUES (${postId}, ${authorId}, '[]')`.execute(
      tools.db,
    );
    return postId;
  }
  const announce = () => w.tools.feeds.authorChanged(authorId);

  it('are read once, and again when another process announces a change', async () => {
    const posts = openAuthorPosts(tools.db, tools.changes, 3);
    const first = await write();
    expect(await posts.newest([authorId])).to.eql([{ postIds: [first], isWhole: true }]);
    const second = await write();
    expect((await posts.newest([authorId]))[0]?.postIds, 'not announced yet').to.eql([first]);
    await announce();
    await tools.changes.catchUp();
    expect(await posts.newest([authorId])).to.eql([{ postIds: [second, first], isWhole: true }]);
    for (let count = 0; count < 2; count += 1) await write();
    await announce();
    await tools.changes.catchUp();
    const [deep] = await posts.newest([authorId]);
    expect([deep?.postIds.length, deep?.isWhole], 'the depth is 3').to.eql([3, false]);
  });

  it('are not kept if they change while they are read', async () => {
    const gate = Promise.withResolvers<void>();
    let held = 0;
    const slow: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        held += 1;
        if (held === 1) await gate.promise;
        return result;
      },
    };
    const posts = openAuthorPosts(tools.db.withPlugin(slow), tools.changes, 10);
    const early = posts.newest([authorId]);
    const late = await write();
    await announce();
    await tools.changes.catchUp();
    const fresh = await posts.newest([authorId]);
    expect(fresh[0]?.postIds[0], 'who comes after the change does not wait for the old list').to.equal(late);
    gate.resolve();
    await early;
    expect((await posts.newest([authorId]))[0]?.postIds[0]).to.equal(late);
    expect(held).to.equal(2);
  });

  it('are none while their author is hidden', async () => {
    const posts = openAuthorPosts(tools.db, tools.changes, 10);
    await sql`UPDATE users SET suspended_at = now() WHERE id = ${authorId}`.execute(tools.db);
    expect(await posts.newest([authorId])).to.eql([{ postIds: [], isWhole: true }]);
    await sql`UPDATE users SET suspended_at = NULL WHERE id = ${authorId}`.execute(tools.db);
  });

  it('are asked for again when Postgres failed', async () => {
    let fails = true;
    const broken: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        if (fails) throw new Error('the connection was lost');
        return result;
      },
    };
    const posts = openAuthorPosts(tools.db.withPlugin(broken), tools.changes, 10);
    const refusal = await posts.newest([authorId]).catch((error: Error) => error.message);
    expect(refusal).to.equal('the connection was lost');
    fails = false;
    expect((await posts.newest([authorId]))[0]?.postIds).to.have.length(5);
  });
});
