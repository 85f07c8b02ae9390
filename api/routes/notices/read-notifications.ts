/** POST /v1/notifications/read: the caller has seen a notice and all before it; their other devices are told. */
import { z } from 'zod';
import { idPattern } from '../../../shared/ids.ts';
import { countUnread, readUpTo } from '../../../shared/notifications/unread.ts';
import { unreadCount } from '../../notices/schema.ts';
import { route } from '../../route.ts';

export const readNotifications = route({
  method: 'post',
  path: '/v1/notifications/read',
  area: 'notices',
  summary: 'Mark notices as read',
  auth: 'user',
  body: z.strictObject({
    up_to: z
      .string()
      .regex(idPattern('notification'), 'Must be a notification id')
      .describe('The `notification_id` of an entry: it and all older ones are read. It may be gone by now.')
      .meta({ examples: ['notification_01j8z3k4m5n6p7q8r9s0t1v2w3'] }),
  }),
  status: 200,
  reply: z.object({ unread_count: unreadCount }),
  errors: [],
  async handle({ viewer, body, write, tools }) {
    return write(
      async (tx) => {
        if (await readUpTo(tx, viewer.id, body.up_to)) {
          const facts = { userId: viewer.userId, upTo: body.up_to };
          await tools.outbox.emit(tx, 'notificationsRead', viewer.userId, facts);
        }
        return { unread_count: await countUnread(tx, viewer.id) };
      },
      () => tools.wakeRelay(),
    );
  },
});
