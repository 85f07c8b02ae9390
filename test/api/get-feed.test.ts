import { expect } from 'chai';
import { encodeCursor } from '../../api/cursor.ts';
import { keys } from '../../shared/keys.ts';
import { type Client, send } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

/** The least a feed may cache; older posts come from Postgres. */
const depth = 20;

describe('GET /v1/feed', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let image: Buffer;
  before(async () => {
    w = await world({ env: { FEED_DEPTH: String(depth) } });
    alice = await w.join('alice');
    bob = await w.join('bob');
    image = await photo({ width: 40, height: 40 });
    await bob.post('/v1/users/@alice/follow');
  });
  after(() => w[Symbol.asyncDispose]());

  type Page = { posts: { post_id: string }[]; next_cursor: string | null; has_more: boolean };
  const idsOf = (page: Page) => page.posts.map((post) => post.post_id);
  const upload = async (who: Client) => (await who.upload(image)).body.post_id as string;
  const page = async (who: Client, limit: number, cursor?: string | null): Promise<Page> => {
    const reply = await who.get(`/v1/feed?limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`);
    expect(reply.status, reply.text).to.equal(200);
    const body = reply.body as Page;
    expect(body.has_more, 'the cursor is null at the true end, and only there').to.equal(
      body.next_cursor !== null,
    );
    return body;
  };
  /** Every post from a cursor to the end. `between` runs after each page. */
  const readAll = async (who: Client, limit: number, between?: (pages: number) => Promise<unknown>) => {
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let pages = 1; ; pages += 1) {
      const read: Page = await page(who, limit, cursor);
      seen.push(...idsOf(read));
      cursor = read.next_cursor;
      if (!cursor) return seen;
      expect(read.posts, 'a page that is not the last is full').to.have.length(limit);
      await between?.(pages);
    }
  };

  it('answers 200 with the posts of those one follows and one’s own, newest first', async () => {
    expect((await bob.get('/v1/feed')).body).to.eql({ posts: [], next_cursor: null, has_more: false });
    const ids = [await upload(alice), await upload(bob), await upload(alice)].reverse();
    await w.settle();
    const { body } = await bob.get('/v1/feed');
    expect(Object.keys(body)).to.eql(['posts', 'next_cursor', 'has_more']);
    expect(idsOf(body)).to.eql(ids);
    expect(body.posts[0]).to.eql((await bob.get(`/v1/posts/${ids[0]}`)).body);
    expect(idsOf((await alice.get('/v1/feed')).body)).to.eql([ids[0], ids[2]]);
  });

  it('pages through all of it with any limit, within and beyond the cached depth', async () => {
    const ids = idsOf(await page(bob, 100));
    while (ids.length < depth + 10) ids.unshift(await upload(alice));
    await w.settle();
    for (const limit of [1, 3, 7, 19, 20, 21, 29, 30, 31, 100]) {
      expect(await readAll(bob, limit), `limit ${limit}`).to.eql(ids);
    }
    expect(await w.tools.cache.zcard(keys.feed(bob.userId))).to.be.at.most(1.2 * depth + 1);
    await w.tools.feeds.forget(bob.userId);
    for (const limit of [7, 100]) expect(await readAll(bob, limit), 'rebuilt').to.eql(ids);
  });

  it('neither repeats nor skips a post while posts are written and deleted between pages', async () => {
    const before = idsOf(await page(bob, 100));
    const removed = new Set<string>();
    const added: string[] = [];
    const seen = await readAll(bob, 4, async (pages) => {
      added.push(await upload(alice));
      // One that was read already and, while there are, one that was not.
      const doomed = [before[4 * pages - 2], before[4 * pages + 5]].filter((id) => id !== undefined);
      for (const postId of doomed) {
        const deleted = await alice.delete(`/v1/posts/${postId}`);
        if (deleted.status === 204) removed.add(postId);
      }
      if (pages % 2 === 0) await w.settle();
    });
    expect(new Set(seen).size, 'no repeat').to.equal(seen.length);
    for (const postId of before) if (!removed.has(postId)) expect(seen).to.include(postId);
    expect(
      seen.filter((postId) => added.includes(postId)),
      'news is for the next read',
    ).to.eql([]);
    expect(seen).to.eql([...seen].sort().reverse());
    await w.settle();
    const after = [...added.reverse(), ...before.filter((postId) => !removed.has(postId))];
    expect(await readAll(bob, 5)).to.eql(after);
  });

  it('goes on from a cursor whose post is gone', async () => {
    const first = await page(bob, 3);
    const rest = await readAll(bob, 100);
    const last = idsOf(first).at(-1) as string;
    expect((await alice.delete(`/v1/posts/${last}`)).status).to.equal(204);
    const next = await page(bob, 100, first.next_cursor);
    expect(idsOf(next)).to.eql(rest.slice(3));
    await w.settle();
    expect(idsOf(await page(bob, 100, first.next_cursor))).to.eql(rest.slice(3));
  });

  it('keeps a cursor for days', async () => {
    const rest = await readAll(bob, 100);
    const cursor = (await page(bob, 2)).next_cursor as string;
    const [kind, issuedS, postId] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const issuedThenS = issuedS - 7 * 86_400 + 60;
    const older = Buffer.from(JSON.stringify([kind, issuedThenS, postId])).toString('base64url');
    expect(idsOf(await page(bob, 100, older))).to.eql(rest.slice(2));
  });

  it('takes 20 when no limit is given', async () => {
    expect((await bob.get('/v1/feed')).body.posts).to.have.length(20);
  });

  it('refuses a limit or a cursor that is none', async () => {
    for (const limit of ['0', '101', 'abc', '-5', '2.5', '', '1&limit=2']) {
      expectRefusal(await bob.get(`/v1/feed?limit=${limit}`), 'INVALID_INPUT', { field: 'limit' });
    }
    const bad = [
      'garbage',
      '',
      '%00',
      encodeCursor('feed', []),
      encodeCursor('feed', ['x']),
      encodeCursor('feed', ['post_nul\0']),
      encodeCursor('user-posts', ['post_01j8z3k4m5n6p7q8r9s0t1v2w3']),
      Buffer.from('null').toString('base64url'),
    ];
    for (const cursor of bad) {
      expectRefusal(await bob.get(`/v1/feed?cursor=${cursor}`), 'INVALID_INPUT', { field: 'cursor' });
    }
  });

  it('asks for a token', async () => {
    expectRefusal(await send(w.base, 'GET', '/v1/feed'), 'UNAUTHORIZED');
  });
});
