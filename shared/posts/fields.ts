/** What an author may say about a post, wherever it is said. */
import { z } from 'zod';
import { atMost } from '../characters.ts';
import { isId } from '../ids.ts';

export const maxCaptionLength = 2_200;
export const maxTaggedUsers = 20;
export const maxAltTextLength = 1_000;
const maxPlaceNameLength = 200;

export const caption = z
  .string()
  .refine(...atMost(maxCaptionLength))
  .meta({ maxLength: maxCaptionLength, examples: ['Beautiful sunset! #sunset #photography'] });

export const altText = z
  .string()
  .trim()
  .refine(...atMost(maxAltTextLength))
  .meta({ maxLength: maxAltTextLength, examples: ['The sun setting over a pier'] });

export const location = z
  .strictObject({
    name: z
      .string()
      .trim()
      .min(1, 'Must not be empty')
      .refine(...atMost(maxPlaceNameLength))
      .meta({ maxLength: maxPlaceNameLength }),
    latitude: z.number().min(-90).max(90).optional(),
    longitude: z.number().min(-180).max(180).optional(),
  })
  .refine((place) => (place.latitude === undefined) === (place.longitude === undefined), {
    error: 'Latitude and longitude come together',
    path: ['latitude'],
  })
  .meta({ examples: [{ name: 'Santa Monica Beach', latitude: 34.0195, longitude: -118.4912 }] });

export type Location = z.output<typeof location>;

export const taggedUsers = z
  .array(z.string().refine((id) => isId('user', id), 'Must be a user id'))
  .max(maxTaggedUsers, `Must be at most ${maxTaggedUsers} users`)
  .transform((ids) => [...new Set(ids)])
  .meta({ examples: [['user_01j8z3k4m5n6p7q8r9s0t1v2w3']] });

/** A text field of a form that holds JSON. */
function json(text: unknown, context: z.RefinementCtx): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue('Must be JSON');
    return z.NEVER;
  }
}

/** The same fields as a multipart form carries them: a location as JSON, tags as JSON or a repeated field. */
export const locationField = z.preprocess(json, location);
export const taggedUsersField = z.preprocess((value, context) => {
  if (Array.isArray(value) || typeof value !== 'string') return value;
  return value.trimStart().startsWith('[') ? json(value, context) : value === '' ? [] : [value];
}, taggedUsers);
