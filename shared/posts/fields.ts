/** What an author may say about a post, wherever it is said. */
import { z } from 'zod';
import { atMost } from '../characters.ts';
import { idPattern } from '../ids.ts';
import { maxImagesPerPost } from './image-urls.ts';

export const maxCaptionLength = 2_200;
export const maxTaggedUsers = 20;
export const maxAltTextLength = 1_000;
const maxPlaceNameLength = 200;

export const caption = z
  .string()
  .refine(...atMost(maxCaptionLength))
  .meta({ maxLength: maxCaptionLength, examples: ['Beautiful sunset! #sunset #photography'] });

const altText = z
  .string()
  .trim()
  .refine(...atMost(maxAltTextLength))
  .meta({ maxLength: maxAltTextLength, examples: ['The sun setting over a pier'] });

/** One text per image, in their order; null for an image without. */
const altTexts = z
  .array(altText.nullable())
  .max(maxImagesPerPost, `Must be at most ${maxImagesPerPost} texts`)
  .meta({ examples: [['The sun setting over a pier', 'The same pier at night']] });

type UnionIssue = { input?: unknown; errors?: { message: string; path: PropertyKey[] }[][] };

/** A union says only that nothing fits; this says why the form that was meant does not. */
function whyNeither({ input, errors }: UnionIssue): string | undefined {
  const [ofOne, ofMany] = errors ?? [];
  const issue = (Array.isArray(input) ? ofMany : ofOne)?.[0];
  const [index] = issue?.path ?? [];
  return typeof index === 'number' ? `Text ${index + 1}: ${issue?.message}` : issue?.message;
}

/** The text of the first image, or one per image. */
export const altTextOrTexts = z.union([altText, altTexts], {
  error: (issue) => whyNeither(issue as UnionIssue),
});

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
  .meta({
    dependentRequired: { latitude: ['longitude'], longitude: ['latitude'] },
    examples: [{ name: 'Santa Monica Beach', latitude: 34.0195, longitude: -118.4912 }],
  });

export type Location = z.output<typeof location>;

function usersLike(pattern: RegExp) {
  return z
    .array(z.string().regex(pattern, 'Must be a user id'))
    .max(maxTaggedUsers, `Must be at most ${maxTaggedUsers} users`)
    .transform((ids) => [...new Set(ids)].filter(Boolean))
    .meta({ examples: [['user_01j8z3k4m5n6p7q8r9s0t1v2w3']] });
}

export const taggedUsers = usersLike(idPattern('user'));

/** A form sends an empty text where nobody is tagged. */
const userOrNobody = new RegExp(idPattern('user').source.replace(/^\^(.*)\$$/, '^(?:$1)?$'));

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
  return value.trimStart().startsWith('[') ? json(value, context) : [value];
}, usersLike(userOrNobody));

/** Alternative texts in a form: the field once or repeated, or once as a JSON array. */
export const altTextField = z.preprocess((value) => {
  if (typeof value !== 'string' || !value.trimStart().startsWith('[')) return value;
  return arrayIn(value) ?? value;
}, altTextOrTexts);

/** A text may look like an array and be none, as `[sic]` is. */
function arrayIn(text: string): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
