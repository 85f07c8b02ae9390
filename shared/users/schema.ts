/** Users as the API shows them. */
import { z } from 'zod';

export const userCardSchema = z
  .object({
    user_id: z.string(),
    username: z.string(),
    profile_pic_url: z.string(),
    is_verified: z.boolean(),
  })
  .meta({ id: 'UserCard', description: 'A user in brief.' });

export const profileSchema = z
  .object({
    user_id: z.string(),
    username: z.string(),
    full_name: z.string().nullable(),
    bio: z.string().nullable(),
    website: z.string().nullable(),
    profile_pic_url: z.string(),
    post_count: z.int(),
    follower_count: z.int(),
    following_count: z.int(),
    is_following: z.boolean(),
    is_requested: z.boolean().optional().describe('The caller asked to follow this private account.'),
    is_followed_by: z.boolean().optional().describe('The user follows the caller.'),
    is_blocked: z.boolean().optional().describe('The caller blocked the user.'),
    is_muted: z.boolean().optional().describe('The caller muted the user.'),
    is_private: z.boolean(),
    is_verified: z.boolean(),
  })
  .meta({ id: 'Profile', description: 'A user as their profile shows them.' });
