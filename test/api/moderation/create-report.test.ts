import { expect } from 'chai';
import { type Client, send } from '../../tools/client.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { type World, world } from '../../tools/world.ts';

describe('POST /v1/reports', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let postId: string;
  let commentId: string;
  before(async () => {
    w = await world({ serves: [] });
    [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await w.join('carol')];
    postId = (await alice.upload(await photo({ width: 60, height: 60 }))).body.post_id;
    commentId = (await alice.post(`/v1/posts/${postId}/comment`, { text: 'buy followers' })).body.comment_id;
  });
  beforeEach(() => w.tools.db.deleteFrom('reports').execute());
  after(() => w[Symbol.asyncDispose]());

  const report = (client: Client, type: string, id: string, more: Record<string, unknown> = {}) =>
    client.post('/v1/reports', { target_type: type, target_id: id, reason: 'spam', ...more });
  const rows = () => w.tools.db.selectFrom('reports').selectAll().orderBy('id').execute();

  it('answers 201 with the report, and keeps it', async () => {
    const reply = await report(bob, 'post', postId, { reason: 'hate', comment: ' Look at the sign. 🚩 ' });
    expect(reply.status, reply.text).to.equal(201);
    const { report_id, created_at, ...rest } = reply.body;
    expect(report_id).to.match(/^report_[0-9a-z]{26}$/);
    expect(Date.parse(created_at)).to.be.within(Date.now() - 60_000, Date.now() + 1_000);
    expect(rest).to.eql({
      target_type: 'post',
      target_id: postId,
      reason: 'hate',
      comment: 'Look at the sign. 🚩',
    });
    const [row, ...more] = await rows();
    expect(more).to.eql([]);
    expect(row).to.include({
      report_id,
      reporter_id: await internalId(w, 'users', bob.userId),
      target_type: 'post',
      target_id: postId,
      reason: 'hate',
      comment: 'Look at the sign. 🚩',
      outcome: null,
      resolved_at: null,
    });
  });

  it('takes a post, a comment, a user and a story', async () => {
    const story = new FormData();
    const image = await photo({ width: 90, height: 160 });
    story.set('image', new Blob([new Uint8Array(image)], { type: 'image/jpeg' }), 'story.jpg');
    const { body } = await alice.form('POST', '/v1/stories', story);
    const targets = { post: postId, comment: commentId, user: alice.userId, story: body.story_id };
    for (const [type, id] of Object.entries(targets)) {
      const reply = await report(bob, type, id);
      expect(reply.status, `${type}: ${reply.text}`).to.equal(201);
      expect(reply.body).to.include({ target_type: type, target_id: id, comment: null });
    }
    expect(await rows()).to.have.length(4);
  });

  it('is the same report for whoever reports the same again, also at once, until it is resolved', async () => {
    const replies = await Promise.all([1, 2, 3].map(() => report(bob, 'post', postId)));
    expect(replies.map(({ status }) => status)).to.eql([201, 201, 201]);
    const again = await report(bob, 'post', postId, { reason: 'violence', comment: 'Still there' });
    expect(again.body).to.eql(replies[0]?.body);
    expect(new Set(replies.map(({ body }) => body.report_id)).size).to.equal(1);
    const other = await report(carol, 'post', postId);
    expect(other.body.report_id).not.to.equal(again.body.report_id);
    await w.tools.db
      .updateTable('reports')
      .set({ outcome: 'dismissed', resolved_at: new Date() })
      .where('report_id', '=', again.body.report_id)
      .execute();
    const later = await report(bob, 'post', postId, { reason: 'violence' });
    expect(later.body.report_id).not.to.equal(again.body.report_id);
    expect(await rows()).to.have.length(3);
  });

  it('refuses what is one’s own', async () => {
    for (const [type, id] of [
      ['user', alice.userId],
      ['post', postId],
      ['comment', commentId],
    ] as const) {
      expectRefusal(await report(alice, type, id), 'INVALID_INPUT', {
        field: 'target_id',
        reason: 'You cannot report yourself',
      });
    }
    expect(await rows()).to.eql([]);
  });

  it('answers 404 for what there is none of', async () => {
    const missing = {
      post: 'post_01j8z3k4m5n6p7q8r9s0t1v2w3',
      comment: 'comment_01j8z3k4m5n6p7q8r9s0t1v2w3',
      user: 'user_01j8z3k4m5n6p7q8r9s0t1v2w3',
      story: 'story_01j8z3k4m5n6p7q8r9s0t1v2w3',
    };
    for (const [type, id] of Object.entries(missing)) {
      for (const name of [id, 'x', '', '@alice', postId.replace('post', 'x'), "' OR 1=1 --"]) {
        const message = `${type.charAt(0).toUpperCase()}${type.slice(1)} not found`;
        expectRefusal(await report(bob, type, name), 'NOT_FOUND', { field: 'target_id', message });
      }
    }
  });

  it('answers 404 for what the caller may not see, yet takes an account that is only private or blocked by them', async () => {
    const { db } = w.tools;
    const [aliceId, bobId] = await Promise.all(
      [alice, bob].map(({ userId }) => internalId(w, 'users', userId)),
    );
    const statuses = async () => [
      (await report(bob, 'user', alice.userId)).status,
      (await report(bob, 'post', postId)).status,
      (await report(bob, 'comment', commentId)).status,
    ];
    const alices = db.updateTable('users').where('id', '=', aliceId as number);
    await alices.set({ is_private: true }).execute();
    expect(await statuses(), 'private').to.eql([201, 404, 404]);
    await alices.set({ is_private: false, suspended_at: new Date() }).execute();
    expect(await statuses(), 'suspended').to.eql([404, 404, 404]);
    await alices.set({ suspended_at: null }).execute();
    const block = (one: number, other: number) =>
      db.insertInto('blocks').values({ blocker_id: one, blocked_id: other }).execute();
    await block(bobId as number, aliceId as number);
    expect(await statuses(), 'blocked by the reporter').to.eql([201, 404, 404]);
    await db.deleteFrom('blocks').execute();
    await block(aliceId as number, bobId as number);
    expect(await statuses(), 'blocked by the reported').to.eql([404, 404, 404]);
    await db.deleteFrom('blocks').execute();
  });

  it('names each field that is wrong', async () => {
    const good = { target_type: 'post', target_id: postId, reason: 'spam' };
    const wrong: [field: string, body: Record<string, unknown>][] = [
      ['target_type', { ...good, target_type: 'hashtag' }],
      ['target_type', { target_id: postId, reason: 'spam' }],
      ['target_id', { ...good, target_id: 5 }],
      ['target_id', { ...good, target_id: 'post_\u0000' }],
      ['reason', { ...good, reason: 'boring' }],
      ['reason', { ...good, reason: undefined }],
      ['comment', { ...good, comment: 'x'.repeat(1_001) }],
      ['comment', { ...good, comment: 'a\u0000b' }],
      ['reporter_id', { ...good, reporter_id: bob.userId }],
    ];
    for (const [field, body] of wrong) {
      expectRefusal(await bob.post('/v1/reports', body), 'INVALID_INPUT', { field });
    }
    expect((await bob.post('/v1/reports', { ...good, comment: '😀'.repeat(1_000) })).status).to.equal(201);
    const anonymous = await send(w.base, 'POST', '/v1/reports', JSON.stringify(good), {
      'Content-Type': 'application/json',
    });
    expectRefusal(anonymous, 'UNAUTHORIZED');
  });
});
