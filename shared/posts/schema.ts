/** Posts as the API shows them. */
import { z } from 'zod';
import { filterNames } from '../images/filter-names.ts';
import { userCardSchema } from '../users/schema.ts';

const imagesSchema = z.object({ thumbnail: z.string(), medium: z.string(), large: z.string() }).meta({
  id: 'Images',
  description:
    'The renditions of one image: 150×150, at most 640 and at most 1080 wide. Each URL answers at once.',
});

const mediaSchema = z
  .object({
    images: imagesSchema,
    blurhash: z.string(),
    aspect_ratio: z.number().describe('Width divided by height, after orientation.'),
    width: z.int(),
    height: z.int(),
    alt_text: z.string().nullable(),
  })
  .meta({ id: 'Media', description: 'One image of a post.' });

export const postSchema = z
  .object({
    post_id: z.string(),
    user: userCardSchema,
    images: imagesSchema,
    media: z.array(mediaSchema).describe('One entry per image; the first is also at the top level.'),
    blurhash: z.string(),
    aspect_ratio: z.number(),
    caption: z.string().nullable(),
    location: z
      .object({ location_id: z.string(), name: z.string().meta({ examples: ['Santa Monica Beach'] }) })
      .nullable(),
    tagged_users: z.array(userCardSchema),
    filter: z.enum(filterNames),
    like_count: z.int(),
    comment_count: z.int(),
    is_archived: z.boolean(),
    is_comments_disabled: z.boolean(),
    version: z.int().describe('Rises with each edit; the ETag begins with it.'),
    created_at: z.iso.datetime(),
    is_liked: z.boolean(),
    is_saved: z.boolean(),
  })
  .meta({ id: 'Post' });

export type Post = z.output<typeof postSchema>;
