import { expect } from 'chai';
import { sql } from 'kysely';
import { encodeCursor } from '../../api/cursor.ts';
import { type Client, send } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { type World, world } from '../tools/world.ts';

describe('GET /v1/search', function () {
  this.timeout(30_000);
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let image: Buffer;
  before(async () => {
    w = await world();
    alice = await w.join('alice');
    bob = await w.join('bob');
    carol = await w.join('carol_sunset');
    image = await photo({ width: 40, height: 40 });
  });
  after(() => w[Symbol.asyncDispose]());

  type Result = {
    type: string;
    user?: { user_id: string; username: string };
    hashtag?: { name: string; post_count: number };
    post?: { post_id: string };
  };
  type Page = { results: Result[]; next_cursor: string | null; has_more: boolean };
  type Query = Record<string, string | number>;
  const search = (who: Client, query: Query) => {
    const fields = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
    return who.get(`/v1/search?${new URLSearchParams(fields)}`);
  };
  const page = async (who: Client, query: Query): Promise<Page> => {
    const reply = await search(who, query);
    expect(reply.status, reply.text).to.equal(200);
    expect(reply.body.has_more).to.equal(reply.body.next_cursor !== null);
    return reply.body;
  };
  const nameOf = ({ type, user, hashtag, post }: Result) =>
    `${type} ${user?.username ?? hashtag?.name ?? post?.post_id}`;
  const found = async (who: Client, query: Query) => (await page(who, query)).results.map(nameOf);
  const readAll = async (who: Client, query: Query) => {
    const all: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const read: Page = await page(who, cursor ? { ...query, cursor } : query);
      all.push(...read.results.map(nameOf));
      cursor = read.next_cursor;
      if (!cursor) return all;
      expect(read.results, 'a page that is not the last is full').to.have.length(Number(query.limit));
    }
  };
  const upload = async (who: Client, caption: string) =>
    (await who.upload(image, { caption })).body.post_id as string;
  const setPrivate = (who: Client, isPrivate: boolean) =>
    w.tools.db
      .updateTable('users')
      .set({ is_private: isPrivate })
      .where('user_id', '=', who.userId)
      .execute();

  it('answers 200 with hashtags, users and posts as the API shows them', async () => {
    const postId = await upload(alice, 'Beautiful #sunset');
    await upload(alice, '#sunset again');
    await w.settle();
    const { body } = await search(bob, { q: 'sunset' });
    expect(Object.keys(body)).to.eql(['results', 'next_cursor', 'has_more']);
    expect([body.next_cursor, body.has_more]).to.eql([null, false]);
    const [hashtag, ...rest] = body.results;
    expect(hashtag).to.eql({ type: 'hashtag', hashtag: { name: 'sunset', post_count: 2 } });
    expect(rest.find((each: Result) => each.type === 'user')).to.eql({
      type: 'user',
      user: {
        user_id: carol.userId,
        username: 'carol_sunset',
        full_name: null,
        profile_pic_url: `${w.config.CDN_BASE_URL}/avatars/${carol.userId}/320.jpg?v=c`,
        is_verified: false,
      },
    });
    const post = rest.find((each: Result) => each.post?.post_id === postId);
    expect(post).to.eql({ type: 'post', post: (await bob.get(`/v1/posts/${postId}`)).body });
    expect(body.results).to.have.length(4);
  });

  it('counts a hashtag’s posts before they are rolled up', async () => {
    const waiting = sql`INSERT INTO count_deltas (counter, target_id, delta)
      SELECT 'hashtag.posts', id, 40 FROM hashtags WHERE name = 'sunset' RETURNING id`;
    const { rows } = await sql<{ id: number }>`${waiting}`.execute(w.tools.db);
    const [result] = (await page(bob, { q: '#sunset' })).results;
    expect(result?.hashtag).to.eql({ name: 'sunset', post_count: 42 });
    await w.tools.db
      .deleteFrom('count_deltas')
      .where('id', '=', rows[0]?.id as number)
      .execute();
  });

  it('finds from the first character on, and what is mistyped', async () => {
    expect(await found(bob, { q: 'a' })).to.include('user alice');
    expect(await found(bob, { q: 'sunste', type: 'hashtag' })).to.eql(['hashtag sunset']);
    expect(await found(bob, { q: ' ALICE ' })).to.eql(['user alice']);
  });

  it('finds one type, by `type` or by # and @', async () => {
    expect(await found(bob, { q: 'sunset', type: 'hashtag' })).to.eql(['hashtag sunset']);
    expect(await found(bob, { q: '#sun' })).to.eql(['hashtag sunset']);
    expect(await found(bob, { q: '＃sun' })).to.eql(['hashtag sunset']);
    expect(await found(bob, { q: '@carol' })).to.eql(['user carol_sunset']);
    expect(await found(bob, { q: 'sunset', type: 'user' })).to.eql(['user carol_sunset']);
    expect((await page(bob, { q: '#sunset', type: 'post' })).results.map(({ type }) => type)).to.eql([
      'post',
      'post',
    ]);
    expect(await found(bob, { q: '#' })).to.eql([]);
    expect(await found(bob, { q: '@nobody_at_all' })).to.eql([]);
  });

  it('shows posts of a private account to its author and followers only, at once', async () => {
    const postId = await upload(alice, 'a whispered secret');
    await w.settle();
    await bob.post('/v1/users/@alice/follow');
    await setPrivate(alice, true);
    try {
      expect(await found(alice, { q: 'whispered' })).to.eql([`post ${postId}`]);
      expect(await found(bob, { q: 'whispered' })).to.eql([`post ${postId}`]);
      expect(await found(carol, { q: 'whispered' })).to.eql([]);
      expect(await found(carol, { q: 'alice' })).to.eql(['user alice']);
    } finally {
      await setPrivate(alice, false);
    }
    expect(await found(carol, { q: 'whispered' })).to.eql([`post ${postId}`]);
  });

  it('does not show what is gone, also before the index knows', async () => {
    const deleted = await upload(alice, 'ephemeral #fleeting');
    const archived = await upload(alice, 'ephemeral too');
    await w.settle();
    expect(await found(alice, { q: 'ephemeral' })).to.have.members([`post ${deleted}`, `post ${archived}`]);
    await alice.delete(`/v1/posts/${deleted}`);
    await alice.put(`/v1/posts/${archived}`, { is_archived: true });
    await w.settle();
    // The index as it was a moment ago.
    for (const id of [deleted, archived]) {
      await w.tools.search.put({ type: 'post', id, text: 'ephemeral', popularity: 1 });
    }
    await w.tools.search.put({ type: 'hashtag', id: 'fleeting', popularity: 1 });
    await w.tools.search.put({ type: 'hashtag', id: 'ephemeral_and_never_there', popularity: 1 });
    await w.tools.search.refresh();
    expect(await found(alice, { q: 'ephemeral' })).to.eql([]);
    expect(await found(alice, { q: 'fleeting' })).to.eql([]);
  });

  describe('with many hits', () => {
    const expected: string[] = [];
    before(async () => {
      await setPrivate(carol, true);
      // Every third post is one bob may not see; some hits are of posts that no longer exist.
      const ids: string[] = [];
      for (let number = 0; number < 30; number++) {
        ids.push(await upload(number % 3 === 0 ? carol : alice, `pebble ${number}`));
      }
      await w.settle();
      for (const [number, id] of ids.entries()) {
        if (number % 3 !== 0) expected.push(`post ${id}`);
        for (const each of [id, `${id}x`]) {
          await w.tools.search.put({ type: 'post', id: each, text: 'pebble', popularity: 30 - number });
        }
      }
      await w.tools.search.refresh();
    });

    it('fills each page with what can be shown, and pages through all of it', async () => {
      for (const limit of [1, 3, 7, 20, 100]) {
        expect(await readAll(bob, { q: 'pebble', limit }), `limit ${limit}`).to.eql(expected);
      }
    });

    it('refuses the cursor of another query', async () => {
      const { next_cursor: cursor } = await page(bob, { q: 'pebble', limit: 2 });
      expect(cursor).to.be.a('string');
      const others: Query[] = [{ q: 'pebbles' }, { q: 'pebble', type: 'post' }];
      for (const other of others) {
        expectRefusal(await search(bob, { ...other, cursor: cursor as string }), 'INVALID_INPUT', {
          field: 'cursor',
        });
      }
    });

    it('refuses a cursor after five minutes', async () => {
      const { next_cursor: cursor } = await page(bob, { q: 'pebble', limit: 2 });
      const values = JSON.parse(Buffer.from(cursor as string, 'base64url').toString());
      values[1] -= 301;
      const old = Buffer.from(JSON.stringify(values)).toString('base64url');
      expectRefusal(await search(bob, { q: 'pebble', cursor: old }), 'GONE', { field: 'cursor' });
      values[1] += 20;
      const young = Buffer.from(JSON.stringify(values)).toString('base64url');
      expect((await page(bob, { q: 'pebble', cursor: young })).results.map(nameOf)).to.eql(expected.slice(2));
    });

    it('refuses a cursor that leads nowhere', async () => {
      const { next_cursor: cursor } = await page(bob, { q: 'pebble', limit: 2 });
      const values = JSON.parse(Buffer.from(cursor as string, 'base64url').toString());
      values[3] = 'nowhere';
      const forged = Buffer.from(JSON.stringify(values)).toString('base64url');
      for (const bad of [forged, encodeCursor('feed', ['x']), 'no cursor']) {
        expectRefusal(await search(bob, { q: 'pebble', cursor: bad }), 'INVALID_INPUT', { field: 'cursor' });
      }
    });
  });

  it('refuses what cannot be searched for', async () => {
    for (const q of ['', '   ', 'x'.repeat(101), 'nul\0']) {
      expectRefusal(await search(bob, { q }), 'INVALID_INPUT', { field: 'q' });
    }
    expectRefusal(await bob.get('/v1/search'), 'INVALID_INPUT', { field: 'q' });
    expectRefusal(await search(bob, { q: 'a', type: 'story' }), 'INVALID_INPUT', { field: 'type' });
    expectRefusal(await search(bob, { q: 'a', limit: 0 }), 'INVALID_INPUT', { field: 'limit' });
    expectRefusal(await search(bob, { q: 'a', limit: 101 }), 'INVALID_INPUT', { field: 'limit' });
    expect((await search(bob, { q: '日'.repeat(100) })).status).to.equal(200);
  });

  it('refuses a request without a token', async () => {
    expectRefusal(await send(w.base, 'GET', '/v1/search?q=a'), 'UNAUTHORIZED');
  });

  it('says that it is away when the index is', async function () {
    // The contract of the index in Elasticsearch says so there.
    if (w.config.ELASTICSEARCH_URL) return this.skip();
    await sql`ALTER TABLE search_documents RENAME TO search_documents_away`.execute(w.tools.db);
    try {
      const reply = await search(bob, { q: 'a' });
      expect([reply.status, reply.body.error.code]).to.eql([503, 'SERVICE_UNAVAILABLE']);
      expect(Number(reply.headers.get('retry-after'))).to.be.greaterThan(0);
    } finally {
      await sql`ALTER TABLE search_documents_away RENAME TO search_documents`.execute(w.tools.db);
    }
  });
});
