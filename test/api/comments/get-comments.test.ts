import { expect } from 'chai';
import { sql } from 'kysely';
import { type Client, send } from '../../tools/client.ts';
import { readAll, say, textsOf, whileBlocked, whileHidden, whilePrivate } from '../../tools/conversation.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { type World, world } from '../../tools/world.ts';

describe('GET /v1/posts/{post_id}/comments and GET /v1/comments/{comment_id}/replies', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let image: Buffer;
  let postId: string;
  let path: string;

  before(async () => {
    w = await world({ serves: [] });
    [alice, bob, carol] = await Promise.all([w.join('alice'), w.join('bob'), w.join('carol')]);
    image = await photo({ width: 60, height: 60 });
  });
  beforeEach(async () => {
    postId = (await alice.upload(image)).body.post_id;
    path = `/v1/posts/${postId}/comments`;
  });
  after(() => w[Symbol.asyncDispose]());

  const sayAll = async (who: Client, texts: string[], parentId?: string) => {
    const ids: string[] = [];
    for (const text of texts) ids.push(await say(who, postId, text, parentId));
    return ids;
  };

  it('show top-level comments the newest first, and replies the oldest first', async () => {
    const empty = { comments: [], next_cursor: null, has_more: false };
    expect((await carol.get(path)).body).to.eql(empty);
    const [first] = (await sayAll(bob, ['first', 'second', 'third'])) as [string];
    const replies = `/v1/comments/${first}/replies`;
    expect((await carol.get(replies)).body).to.eql(empty);
    await sayAll(carol, ['one', 'two', 'three'], first);
    expect(await textsOf(carol, path)).to.eql(['third', 'second', 'first']);
    expect(await textsOf(carol, replies)).to.eql(['one', 'two', 'three']);
    const [reply] = (await carol.get(replies)).body.comments;
    expect((await carol.get(`/v1/comments/${reply.comment_id}/replies`)).body, 'replies have none').to.eql(
      empty,
    );
  });

  it('show each comment whole, as its writing did, with what was done to it since', async () => {
    const written = (await bob.post(`/v1/posts/${postId}/comment`, { text: 'whole' })).body;
    const { comment_id: id } = written;
    const read = async (who: Client) => (await who.get(path)).body.comments[0];
    expect(await read(bob)).to.eql(written);
    const reply = (await carol.post(`/v1/posts/${postId}/comment`, { text: 'me too', parent_id: id })).body;
    expect((await bob.get(`/v1/comments/${id}/replies`)).body.comments).to.eql([reply]);
    await carol.post(`/v1/comments/${id}/like`);
    expect(await read(carol)).to.eql({ ...written, like_count: 1, reply_count: 1, is_liked: true });
    expect(await read(bob)).to.eql({ ...written, like_count: 1, reply_count: 1 });
  });

  it('come in pages, with a cursor that is null only at the end', async () => {
    const ids = await sayAll(bob, ['1', '2', '3', '4', '5']);
    const page = async (query: string) => (await carol.get(`${path}?${query}`)).body;
    const first = await page('limit=2');
    expect(first.comments.map((each: { text: string }) => each.text)).to.eql(['5', '4']);
    expect(first.has_more).to.equal(true);
    const second = await page(`limit=2&cursor=${first.next_cursor}`);
    const last = await page(`limit=2&cursor=${second.next_cursor}`);
    expect(last).to.deep.include({ next_cursor: null, has_more: false });
    expect(await readAll(carol, path, 1)).to.eql(ids.toReversed());
    expect(await readAll(carol, path, 5), 'a full page may be the last').to.eql(ids.toReversed());
    const replies = await sayAll(carol, ['a', 'b', 'c', 'd'], ids[0]);
    for (const limit of [1, 3, 4]) {
      expect(await readAll(bob, `/v1/comments/${ids[0]}/replies`, limit)).to.eql(replies);
    }
  });

  it('neither repeat nor skip a comment while others write and delete', async () => {
    const ids = await sayAll(bob, ['1', '2', '3', '4', '5', '6']);
    const top = ids[5] as string;
    const replies = await sayAll(bob, ['a', 'b', 'c', 'd', 'e', 'f'], top);
    for (const [list, expected] of [
      [path, ids.toReversed()],
      [`/v1/comments/${top}/replies`, replies],
    ] as const) {
      const parentId = list === path ? undefined : top;
      const first = (await carol.get(`${list}?limit=2`)).body;
      await sayAll(bob, ['more', 'and more'], parentId);
      // The one the cursor stands at, and one that was read before.
      for (const { comment_id: id } of first.comments) {
        if (id !== top) await bob.delete(`/v1/comments/${id}`);
      }
      const rest = (await carol.get(`${list}?limit=100&cursor=${first.next_cursor}`)).body;
      const read = [...first.comments, ...rest.comments].map((each) => each.comment_id);
      expect(read.slice(0, expected.length)).to.eql(expected);
      expect(new Set(read).size).to.equal(read.length);
    }
  });

  it('leave out what people behind a block or hidden ones wrote, but count it', async () => {
    const [first] = (await sayAll(bob, ['bob 1'])) as [string];
    await sayAll(carol, ['carol 1']);
    await sayAll(alice, ['alice 1']);
    await sayAll(carol, ['carol replies'], first);
    await sayAll(alice, ['alice replies'], first);
    const replies = `/v1/comments/${first}/replies`;
    const carolIsOut = async (who: Client) => {
      expect(await textsOf(who, path)).to.eql(['alice 1', 'bob 1']);
      expect(await textsOf(who, replies)).to.eql(['alice replies']);
      const page = (await who.get(`${path}?limit=1`)).body;
      expect([page.comments[0].text, page.has_more]).to.eql(['alice 1', true]);
      const rest = (await who.get(`${path}?limit=1&cursor=${page.next_cursor}`)).body;
      expect([rest.comments[0].text, rest.has_more, rest.comments[0].reply_count]).to.eql([
        'bob 1',
        false,
        2,
      ]);
      expect((await who.get(`/v1/posts/${postId}`)).body.comment_count).to.equal(5);
    };
    await whileBlocked(w, bob, carol, () => carolIsOut(bob));
    await whileBlocked(w, carol, bob, () => carolIsOut(bob));
    await whileHidden(w, carol, () => carolIsOut(bob));
    await whileBlocked(w, bob, carol, async () => {
      expect(await textsOf(carol, path)).to.eql(['alice 1', 'carol 1']);
      expectRefusal(await carol.get(replies), 'NOT_FOUND', { field: 'comment_id' });
      expect(await textsOf(alice, path), 'others read both').to.have.length(3);
    });
    await whilePrivate(w, carol, async () => {
      expect(await textsOf(bob, path), 'a private account may speak in public').to.have.length(3);
    });
    expect(await textsOf(bob, path)).to.have.length(3);
  });

  it('answer 404 for what there is none of, or may not be known of', async () => {
    const [first] = (await sayAll(carol, ['first'])) as [string];
    const replies = `/v1/comments/${first}/replies`;
    const refuse = async (who: Client) => {
      expectRefusal(await who.get(path), 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
      expectRefusal(await who.get(replies), 'NOT_FOUND', {
        field: 'comment_id',
        message: 'Comment not found',
      });
    };
    for (const id of ['comment_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00', '%F0%9F%98%80']) {
      expectRefusal(await bob.get(`/v1/posts/${id}/comments`), 'NOT_FOUND', { field: 'post_id' });
      expectRefusal(await bob.get(`/v1/comments/${id}/replies`), 'NOT_FOUND', { field: 'comment_id' });
    }
    await whileBlocked(w, alice, bob, () => refuse(bob));
    await whileBlocked(w, bob, alice, () => refuse(bob));
    await whileHidden(w, alice, () => refuse(bob));
    await whilePrivate(w, alice, () => refuse(bob));
    await alice.put(`/v1/posts/${postId}`, { is_archived: true });
    await refuse(bob);
    expect(await textsOf(alice, path)).to.eql(['first']);
    for (const list of [path, replies]) {
      expectRefusal(await send(w.base, 'GET', list), 'UNAUTHORIZED');
    }
  });

  it('refuse limits and cursors that are none of theirs', async () => {
    const ids = await sayAll(bob, ['1', '2']);
    await sayAll(bob, ['a', 'b'], ids[0]);
    const replies = `/v1/comments/${ids[0]}/replies`;
    for (const [list, other] of [
      [path, replies],
      [replies, path],
    ]) {
      for (const limit of ['0', '101', 'x', '1.5']) {
        expectRefusal(await bob.get(`${list}?limit=${limit}`), 'INVALID_INPUT', { field: 'limit' });
      }
      const foreign = (await bob.get(`${other}?limit=1`)).body.next_cursor;
      for (const cursor of ['x', '', '%00', foreign]) {
        expectRefusal(await bob.get(`${list}?cursor=${cursor}`), 'INVALID_INPUT', { field: 'cursor' });
      }
    }
  });

  it('are each served by an index, however many comments there are', async () => {
    const { db } = w.tools;
    const [top] = (await sayAll(bob, ['top'])) as [string];
    const [post, writer, parent] = [
      await internalId(w, 'posts', postId),
      await internalId(w, 'users', bob.userId),
      await internalId(w, 'comments', top),
    ];
    await sql`INSERT INTO comments (comment_id, post_id, user_id, parent_id, text)
      SELECT 'comment_' || n, ${post}, ${writer}, CASE WHEN n % 2 = 0 THEN ${parent}::bigint END, 'one of many'
      FROM generate_series(1, 20000) n`.execute(db);
    await sql`ANALYZE comments`.execute(db);
    const plan = async (condition: ReturnType<typeof sql>) => {
      const { rows } = await sql<{ 'QUERY PLAN': string }>`EXPLAIN SELECT c.id FROM comments c
        WHERE ${condition} LIMIT 21`.execute(db);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    const newest = await plan(
      sql`post_id = ${post} AND parent_id IS NULL AND comment_id < '~' ORDER BY comment_id DESC`,
    );
    expect(newest).to.contain('idx_comments_newest').and.not.to.contain('Sort');
    const oldest = await plan(sql`parent_id = ${parent} AND comment_id > '' ORDER BY comment_id`);
    expect(oldest).to.contain('idx_comments_replies').and.not.to.contain('Sort');
  });
});
