/** Comments as the API shows them. */
import { z } from 'zod';
import { userCardSchema } from '../../shared/users/schema.ts';

export const commentSchema = z
  .object({
    comment_id: z.string(),
    post_id: z.string(),
    user: userCardSchema,
    text: z.string(),
    parent_id: z.string().nullable().describe('Of a reply: the top-level comment it stands under.'),
    like_count: z.int(),
    reply_count: z.int().describe('All replies, also those of people the caller does not see.'),
    is_liked: z.boolean(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Comment' });

export type Comment = z.output<typeof commentSchema>;
