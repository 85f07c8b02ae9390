/** GET /v1/notifications: what others did that concerns the caller, grouped, the newest first. */
import { z } from 'zod';
import { countUnread } from '../../../shared/notifications/unread.ts';
import { decodeCursor, encodeCursor, pageQuery } from '../../cursor.ts';
import { readPage } from '../../notices/entries.ts';
import { notificationSchema, unreadCount } from '../../notices/schema.ts';
import { pageFields } from '../../page.ts';
import { route } from '../../route.ts';

/** The list moves as notices come; how it stood is known for so long. */
const cursorExpiresInS = 300;

/** The newest notice of the list's first page, and the place of the last entry of the page before. */
const cursorValues = z.tuple([z.int(), z.int()]);

export const getNotifications = route({
  method: 'get',
  path: '/v1/notifications',
  area: 'notices',
  summary: 'List notices',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: z.object({
    notifications: z.array(notificationSchema),
    unread_count: unreadCount,
    ...pageFields,
    next_cursor: pageFields.next_cursor.describe('Null only at the true end. Lives five minutes.'),
  }),
  errors: ['GONE'],
  async handle({ viewer, query, tools }) {
    const cursor =
      query.cursor && decodeCursor('notifications', cursorValues, query.cursor, cursorExpiresInS);
    const from = cursor ? { asOf: cursor[0], before: cursor[1] } : undefined;
    const [{ notifications, next }, unread] = await Promise.all([
      readPage(tools, viewer, from, query.limit),
      countUnread(tools.db, viewer.id),
    ]);
    return {
      notifications,
      unread_count: unread,
      next_cursor: next ? encodeCursor('notifications', [next.asOf, next.before]) : null,
      has_more: next !== undefined,
    };
  },
});
