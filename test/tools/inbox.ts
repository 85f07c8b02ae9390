/** Alice with two posts, and bob and carol, of whose acts she is told as the jobs would. */
import { expect } from 'chai';
import type { Notification } from '../../api/notices/schema.ts';
import { type Notice, notify } from '../../shared/notifications/index.ts';
import type { Client } from './client.ts';
import { photo } from './photos.ts';
import { internalId } from './rows.ts';
import type { World } from './world.ts';

export type NoticeList = {
  notifications: Notification[];
  unread_count: number;
  next_cursor: string | null;
  has_more: boolean;
};

/** Registers the three; alice posts twice. */
export async function openInbox(w: World) {
  const { db } = w.tools;
  const [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await w.join('carol')];
  const image = await photo({ width: 60, height: 60 });
  const post = async () => (await alice.upload(image)).body.post_id as string;
  const [postId, otherPostId] = [await post(), await post()];
  const ids = {
    alice: await internalId(w, 'users', alice.userId),
    bob: await internalId(w, 'users', bob.userId),
    carol: await internalId(w, 'users', carol.userId),
    post: await internalId(w, 'posts', postId),
    other: await internalId(w, 'posts', otherPostId),
  };
  const tell = (type: Notice['type'], actorId: number, about: { postId?: number; commentId?: number } = {}) =>
    db.transaction().execute((tx) => notify(tx, { userId: ids.alice, actorId, type, ...about }));
  const list = async (query = '', client: Client = alice): Promise<NoticeList> => {
    const reply = await client.get(`/v1/notifications${query}`);
    expect(reply.status, reply.text).to.equal(200);
    return reply.body;
  };
  return {
    alice,
    bob,
    carol,
    postId,
    /** Internal ids; `other` is alice's other post. */
    ids,
    /** Tells alice. */
    tell,
    like: (actorId: number, onPost = ids.post) => tell('like', actorId, { postId: onPost }),
    list,
    texts: async (query = '') => (await list(query)).notifications.map(({ text }) => text),
    /** Forgets all notices, comments and blocks; nobody is private or suspended. */
    async clear() {
      for (const table of ['notification_groups', 'notification_reads', 'blocks', 'comments'] as const) {
        await db.deleteFrom(table).execute();
      }
      await db.updateTable('users').set({ suspended_at: null, is_private: false }).execute();
    },
  };
}

export type Inbox = Awaited<ReturnType<typeof openInbox>>;
