import { expect } from 'chai';
import type { Client } from '../../tools/client.ts';
import { crowd } from '../../tools/crowd.ts';
import { type Inbox, openInbox } from '../../tools/inbox.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { type World, world } from '../../tools/world.ts';

describe('the pages of GET /v1/notifications', () => {
  let w: World;
  let inbox: Inbox;
  let alice: Client;
  let bob: Client;
  let ids: Inbox['ids'];
  let postId: string;

  before(async () => {
    w = await world({ serves: [] });
    inbox = await openInbox(w);
    ({ alice, bob, ids, postId } = inbox);
  });
  beforeEach(() => inbox.clear());
  after(() => w[Symbol.asyncDispose]());

  it('pages without a double or a hole while new ones arrive and groups move up', async () => {
    const people = await crowd(w, 'pager', 12);
    for (const id of people) await inbox.tell('follow_request', id);
    await inbox.like(ids.bob);
    await inbox.like(ids.bob, ids.other);
    await inbox.tell('follow_request', ids.carol);
    const first = await inbox.list('?limit=1');
    const seen = first.notifications.map(({ text }) => text);
    let cursor = first.next_cursor;
    expect(first.has_more).to.equal(true);
    for (const id of await crowd(w, 'new', 14)) {
      // A group that is still to come moves up, and new entries arrive.
      await inbox.like(id);
      await inbox.tell('follow_request', id);
      if (cursor === null) continue;
      const page = await inbox.list(`?limit=1&cursor=${cursor}`);
      expect(page.has_more).to.equal(page.next_cursor !== null);
      seen.push(...page.notifications.map(({ text }) => text));
      cursor = page.next_cursor;
    }
    expect(cursor, 'all was read').to.equal(null);
    const requests = Array.from({ length: 12 }, (_, n) => `pager${11 - n} asked to follow you`);
    expect(seen).to.eql([
      'carol asked to follow you',
      'bob liked your post',
      // By then two more had liked it.
      'new1 and 2 others liked your post',
      ...requests,
    ]);
  });

  it('says true ends, also on a page that is exactly full', async () => {
    await inbox.like(ids.bob);
    await inbox.tell('follow', ids.bob);
    const full = await inbox.list('?limit=2');
    expect([full.next_cursor, full.has_more]).to.eql([null, false]);
    const half = await inbox.list('?limit=1');
    const rest = await inbox.list(`?limit=1&cursor=${half.next_cursor}`);
    expect(rest.notifications).to.have.length(1);
    expect([rest.next_cursor, rest.has_more]).to.eql([null, false]);
  });

  it('leaves out, and does not count, whoever is blocked either way or hidden', async () => {
    for (const actorId of [ids.bob, ids.carol]) {
      await inbox.like(actorId);
      await inbox.tell('follow_request', actorId);
    }
    expect((await inbox.list()).unread_count).to.equal(3);
    const hidings = {
      'alice blocks bob': () =>
        w.tools.db.insertInto('blocks').values({ blocker_id: ids.alice, blocked_id: ids.bob }).execute(),
      'bob blocks alice': () =>
        w.tools.db.insertInto('blocks').values({ blocker_id: ids.bob, blocked_id: ids.alice }).execute(),
      'bob is suspended': () =>
        w.tools.db.updateTable('users').set({ suspended_at: new Date() }).where('id', '=', ids.bob).execute(),
    };
    for (const [what, hide] of Object.entries(hidings)) {
      await hide();
      const { notifications, unread_count } = await inbox.list();
      expect(
        notifications.map(({ text }) => text),
        what,
      ).to.eql(['carol asked to follow you', 'carol liked your post']);
      expect(unread_count, what).to.equal(2);
      await w.tools.db.deleteFrom('blocks').execute();
      await w.tools.db.updateTable('users').set({ suspended_at: null }).execute();
    }
    expect((await inbox.list()).unread_count).to.equal(3);
  });

  it('leaves out posts the caller may no longer see', async () => {
    const { body } = await bob.upload(await photo({ width: 60, height: 60 }));
    const bobsPost = await internalId(w, 'posts', body.post_id);
    await inbox.tell('tag', ids.bob, { postId: bobsPost });
    await inbox.like(ids.bob);
    expect(await inbox.texts()).to.eql(['bob liked your post', 'bob tagged you in a post']);
    const hidings = {
      private: () =>
        w.tools.db.updateTable('users').set({ is_private: true }).where('id', '=', ids.bob).execute(),
      archived: () => bob.put(`/v1/posts/${body.post_id}`, { is_archived: true }),
    };
    for (const [what, hide] of Object.entries(hidings)) {
      await hide();
      const { notifications, unread_count } = await inbox.list();
      expect(
        notifications.map(({ text }) => text),
        what,
      ).to.eql(['bob liked your post']);
      expect(unread_count, what).to.equal(1);
      await w.tools.db.updateTable('users').set({ is_private: false }).execute();
    }
    await alice.put(`/v1/posts/${postId}`, { is_archived: true });
    expect(await inbox.texts(), 'of one’s own archived post').to.eql(['bob liked your post']);
    await alice.put(`/v1/posts/${postId}`, { is_archived: false });
  });

  it('refuses a cursor that is none of its own, and one older than five minutes', async () => {
    const cursorOf = (kind: string, ageS: number, ...values: unknown[]) =>
      Buffer.from(JSON.stringify([kind, Math.floor(Date.now() / 1_000) - ageS, ...values])).toString(
        'base64url',
      );
    for (const cursor of ['x', cursorOf('feed', 0, 5, 5), cursorOf('notifications', 0, 'a', 5)]) {
      expectRefusal(await alice.get(`/v1/notifications?cursor=${cursor}`), 'INVALID_INPUT', {
        field: 'cursor',
      });
    }
    const path = (ageS: number) => `/v1/notifications?cursor=${cursorOf('notifications', ageS, 5, 5)}`;
    expect((await alice.get(path(290))).status).to.equal(200);
    expectRefusal(await alice.get(path(302)), 'GONE', { field: 'cursor' });
    expectRefusal(await alice.get('/v1/notifications?limit=0'), 'INVALID_INPUT', { field: 'limit' });
  });
});
