/** Tells a user's devices how far notices were read on one of them. */
import { countUnread } from '../../shared/notifications/unread.ts';
import type { Handler } from '../handler.ts';

export const tellRead: Handler<'tell-read'> = async ({ userId, upTo }, { tools: { db, live } }) => {
  const user = await db.selectFrom('users').select('id').where('user_id', '=', userId).executeTakeFirst();
  if (!user) return;
  const unread = await countUnread(db, user.id);
  await live.tell([userId], 'notification.read', { up_to: upTo, unread_count: unread });
};
