/** Notices as the API shows them. */
import { z } from 'zod';
import { mostUnread } from '../../shared/notifications/unread.ts';
import { userCardSchema } from '../../shared/users/schema.ts';
import { mostActors } from './text.ts';

const types = [
  'like',
  'comment',
  'reply',
  'comment_like',
  'follow',
  'follow_request',
  'follow_accepted',
  'mention',
  'tag',
] as const;

export const notificationSchema = z
  .object({
    notification_id: z.string().describe('Of the newest notice in it: what to say one has read up to.'),
    group_id: z
      .string()
      .describe('Stays while further notices join the entry; live messages of type `notification` name it.'),
    type: z.enum(types),
    actors: z.array(userCardSchema).max(3).describe('Who did it, the latest first.'),
    actor_count: z.int().describe(`Of all of them; ${mostActors} stands for that many or more.`),
    text: z.string().meta({ examples: ['alice and 12 others liked your post'] }),
    post: z.object({ post_id: z.string(), thumbnail: z.string() }).nullable(),
    comment: z.object({ comment_id: z.string(), text: z.string() }).nullable().describe('The newest.'),
    is_read: z.boolean(),
    created_at: z.iso.datetime().describe('Of the newest notice.'),
  })
  .meta({
    id: 'Notification',
    description:
      'What somebody did: likes of one post, comments on one, likes of one comment, and follows of a day are one entry.',
  });

export type Notification = z.output<typeof notificationSchema>;

export const unreadCount = z
  .int()
  .describe(`Entries with something unread in them; ${mostUnread} stands for that many or more.`);
