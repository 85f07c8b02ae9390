import { expect } from 'chai';
import { audited, joinAdmin } from '../../tools/admins.ts';
import type { Client } from '../../tools/client.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

describe('GET /v1/admin/reports and POST /v1/admin/reports/{report_id}/resolve', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let image: Buffer;
  before(async () => {
    w = await world({ serves: [] });
    [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await joinAdmin(w, 'carol')];
    image = await photo({ width: 60, height: 60 });
  });
  beforeEach(() => w.tools.db.deleteFrom('reports').execute());
  after(() => w[Symbol.asyncDispose]());

  const upload = async () => (await alice.upload(image, { caption: 'a photo' })).body.post_id as string;
  const report = async (type: string, id: string, comment?: string) => {
    const body = { target_type: type, target_id: id, reason: 'spam', ...(comment ? { comment } : {}) };
    const reply = await bob.post('/v1/reports', body);
    expect(reply.status, reply.text).to.equal(201);
    return reply.body.report_id as string;
  };
  const list = async (query = '') => {
    const reply = await carol.get(`/v1/admin/reports${query}`);
    expect(reply.status, reply.text).to.equal(200);
    return reply.body;
  };
  const resolve = (reportId: string, body: Record<string, unknown>) =>
    carol.post(`/v1/admin/reports/${reportId}/resolve`, body);

  it('show who reported what, and the target as it is now', async () => {
    const postId = await upload();
    const { body: comment } = await alice.post(`/v1/posts/${postId}/comment`, { text: 'rude words' });
    await report('post', postId, 'Not nice');
    await report('comment', comment.comment_id);
    await report('user', alice.userId);
    const { reports, ...rest } = await list();
    expect(rest).to.eql({ next_cursor: null, has_more: false });
    const [user, said, post] = reports;
    expect(post).to.deep.include({
      state: 'open',
      target_type: 'post',
      target_id: postId,
      reason: 'spam',
      comment: 'Not nice',
      outcome: null,
      note: null,
      resolved_by: null,
      resolved_at: null,
    });
    expect(post.reporter).to.include({ user_id: bob.userId, username: 'bob' });
    const shown = (await alice.get(`/v1/posts/${postId}`)).body;
    const { is_liked, is_saved, ...everybodys } = shown;
    expect(post.target).to.eql({ type: 'post', post: everybodys });
    expect(said.target.type).to.equal('comment');
    expect(said.target.comment).to.eql({
      comment_id: comment.comment_id,
      post_id: postId,
      user: comment.user,
      text: 'rude words',
      created_at: comment.created_at,
    });
    expect(user.target.type).to.equal('user');
    expect(user.target.user).to.include({
      username: 'alice',
      tier: 'free',
      role: 'user',
      is_suspended: false,
    });
    expect(JSON.stringify(reports)).not.to.contain('@example.org');
  });

  it('show a private post with image URLs that are signed, and null for what is gone', async () => {
    const [postId, goneId] = [await upload(), await upload()];
    await report('post', goneId);
    await report('post', postId);
    await alice.delete(`/v1/posts/${goneId}`);
    await alice.put(`/v1/posts/${postId}`, { caption: 'edited' });
    const alices = w.tools.db.updateTable('users').where('user_id', '=', alice.userId);
    await alices.set({ is_private: true }).execute();
    await w.tools.profiles.forget(alice.userId);
    const [there, gone] = (await list()).reports;
    expect(gone).to.deep.include({ target_id: goneId, target: null });
    expect(there.target.post.caption).to.equal('edited');
    expect((await carol.get(`/v1/posts/${postId}`)).status, 'an admin reads as anybody else').to.equal(404);
    expect(there.target.post.images.thumbnail).to.contain('?e=');
    await alices.set({ is_private: false }).execute();
    await w.tools.profiles.forget(alice.userId);
  });

  it('show a story while it can be seen', async () => {
    const form = new FormData();
    form.set('image', new Blob([new Uint8Array(image)], { type: 'image/jpeg' }), 'story.jpg');
    const { body: story } = await alice.form('POST', '/v1/stories', form);
    await report('story', story.story_id);
    const [{ target }] = (await list()).reports;
    expect(target.story).to.include({ story_id: story.story_id, media_url: story.media_url });
    expect(target.story.user.username).to.equal('alice');
    await alice.delete(`/v1/stories/${story.story_id}`);
    expect((await list()).reports[0].target).to.equal(null);
  });

  it('page newest first, by state, without a double while others are resolved', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift(await report('post', await upload()));
    const idsOf = ({ reports }: { reports: { report_id: string }[] }) =>
      reports.map((each) => each.report_id);
    const first = await list('?limit=2');
    expect(idsOf(first)).to.eql(ids.slice(0, 2));
    expect(first.has_more).to.equal(true);
    await resolve(ids[0] as string, { outcome: 'dismissed' });
    await resolve(ids[3] as string, { outcome: 'dismissed' });
    const rest = await list(`?limit=2&cursor=${first.next_cursor}`);
    expect(idsOf(rest)).to.eql([ids[2], ids[4]]);
    expect([rest.next_cursor, rest.has_more]).to.eql([null, false]);
    expect(idsOf(await list('?state=resolved'))).to.eql([ids[0], ids[3]]);
    const foreign = await carol.get(`/v1/admin/reports?state=resolved&cursor=${first.next_cursor}`);
    expectRefusal(foreign, 'INVALID_INPUT', { field: 'cursor' });
    expectRefusal(await carol.get('/v1/admin/reports?state=all'), 'INVALID_INPUT', { field: 'state' });
  });

  it('answer 200 with the resolved report, once, and write it down', async () => {
    const postId = await upload();
    const reportId = await report('post', postId);
    const reply = await resolve(reportId, { outcome: 'content_removed', note: 'Clear case' });
    expect(reply.status, reply.text).to.equal(200);
    expect(reply.body).to.include({
      report_id: reportId,
      state: 'resolved',
      outcome: 'content_removed',
      note: 'Clear case',
      resolved_by: carol.userId,
    });
    const again = await resolve(reportId, { outcome: 'content_removed', note: 'Once more' });
    expect(again.body, 'a repeat changes nothing').to.eql(reply.body);
    expectRefusal(await resolve(reportId, { outcome: 'dismissed' }), 'CONFLICT', { field: 'outcome' });
    const [entry, ...more] = (await audited(carol)).filter(({ target_id }) => target_id === reportId);
    expect(more).to.eql([]);
    expect(entry).to.deep.include({
      source: 'api',
      actor_id: carol.userId,
      action: 'report.resolve',
      target_type: 'report',
      details: { outcome: 'content_removed', note: 'Clear case', target_type: 'post', target_id: postId },
      request_id: reply.headers.get('x-request-id'),
    });
    const seen = [await alice.get('/v1/notifications'), await bob.get('/v1/notifications')];
    expect(
      seen.map(({ body }) => body.unread_count),
      'nobody is told',
    ).to.eql([0, 0]);
  });

  it('keep a report whose maker has gone', async () => {
    const { db } = w.tools;
    const dave = await w.join('dave');
    await dave.post('/v1/reports', { target_type: 'user', target_id: alice.userId, reason: 'other' });
    await db.deleteFrom('users').where('user_id', '=', dave.userId).execute();
    expect((await list()).reports[0]).to.deep.include({ reporter: null, reason: 'other' });
  });

  it('refuse what is wrong', async () => {
    const reportId = await report('user', alice.userId);
    for (const [field, body] of [
      ['outcome', {}],
      ['outcome', { outcome: 'fine' }],
      ['note', { outcome: 'other', note: 'x'.repeat(1_001) }],
      ['by', { outcome: 'other', by: 'me' }],
    ] as const) {
      expectRefusal(await resolve(reportId, body), 'INVALID_INPUT', { field });
    }
    for (const id of ['report_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00']) {
      expectRefusal(await resolve(id, { outcome: 'other' }), 'NOT_FOUND', {
        field: 'report_id',
        message: 'Report not found',
      });
    }
  });
});
