/** Stories as the API shows them, and what one may say of them. */
import { z } from 'zod';
import { userCardSchema } from '../users/schema.ts';
import { mediaTypes } from './index.ts';

/** For how long an app shows a story, in seconds. */
export const storyDurationS = { min: 1, max: 15, default: 5 } as const;

const shownFields = {
  story_id: z.string(),
  media_type: z.enum(mediaTypes),
  media_url: z
    .string()
    .describe('At most 1080 pixels wide. Answers at once, and no longer than the story lives.'),
  thumbnail_url: z.string().describe('150×150.'),
  duration_seconds: z.int().min(storyDurationS.min).max(storyDurationS.max),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
};

export const storySchema = z
  .object({
    ...shownFields,
    is_seen: z.boolean().describe('True once the caller has viewed it; always true of their own.'),
  })
  .meta({ id: 'Story' });

export const createdStorySchema = storySchema.extend({ user: userCardSchema }).meta({ id: 'CreatedStory' });

export const storyTraySchema = z
  .object({
    user: userCardSchema,
    has_unseen: z.boolean(),
    latest_story_at: z.iso.datetime().nullable().describe('Null if there is no story.'),
    stories: z.array(storySchema).describe('Oldest first, as they are played; the newest 100.'),
  })
  .meta({ id: 'StoryTray', description: 'The stories of one user that can be seen now.' });

export const archivedStorySchema = z
  .object({ ...shownFields, view_count: z.int().describe('How many others viewed it in its time.') })
  .meta({ id: 'ArchivedStory' });

export const highlightSchema = z
  .object({
    highlight_id: z.string(),
    title: z.string(),
    stories: z.array(z.object(shownFields).meta({ id: 'HighlightedStory' })),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Highlight', description: 'Stories that stay past their day.' });

export type Story = z.output<typeof storySchema>;
export type StoryTray = z.output<typeof storyTraySchema>;
export type Highlight = z.output<typeof highlightSchema>;
export type ShownStory = Omit<Story, 'is_seen'>;
