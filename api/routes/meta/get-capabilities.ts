/** GET /v1/capabilities: what this server accepts and grants, so that clients need not guess. */
import { z } from 'zod';
import { filterNames } from '../../../shared/images/filter-names.ts';
import { aspectRatios, maxImageBytes, maxPixels } from '../../../shared/images/limits.ts';
import { maxAltTextLength, maxCaptionLength, maxTaggedUsers } from '../../../shared/posts/fields.ts';
import { maxImagesPerPost } from '../../../shared/posts/image-urls.ts';
import { route } from '../../route.ts';

const quota = z.int().nullable().describe('Requests a minute; null if they are not limited.');

export const getCapabilities = route({
  method: 'get',
  path: '/v1/capabilities',
  area: 'meta',
  summary: 'Read what this server accepts: image formats, limits, filters, tiers',
  auth: 'none',
  status: 200,
  reply: z
    .object({
      image_formats: z
        .array(z.string())
        .describe('What can be decoded here.')
        .meta({ examples: [['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff', 'heic']] }),
      image_media_types: z
        .array(z.string())
        .describe("The same as media types, as a file input's `accept` wants them.")
        .meta({ examples: [['image/jpeg', 'image/png']] }),
      limits: z.object({
        max_image_bytes: z.int(),
        max_image_pixels: z.int().describe('Width × height.'),
        min_aspect_ratio: z.number().describe('Width / height.'),
        max_aspect_ratio: z.number(),
        max_images_per_post: z.int(),
        max_caption_length: z.int(),
        max_alt_text_length: z.int(),
        max_tagged_users: z.int(),
      }),
      filters: z.array(z.enum(filterNames)),
      tiers: z.object({ anonymous: quota, free: quota, pro: quota, enterprise: quota }),
    })
    .meta({ id: 'Capabilities' }),
  errors: [],
  async handle({ tools: { config, decoder } }) {
    const formats = await decoder.decodableFormats();
    return {
      image_formats: formats,
      image_media_types: formats.flatMap((format) =>
        // Files of one kind under two names: which one a phone gives them is up to the phone.
        format === 'heic' ? ['image/heic', 'image/heif'] : [`image/${format}`],
      ),
      limits: {
        max_image_bytes: maxImageBytes,
        max_image_pixels: maxPixels,
        min_aspect_ratio: aspectRatios.min,
        max_aspect_ratio: aspectRatios.max,
        max_images_per_post: maxImagesPerPost,
        max_caption_length: maxCaptionLength,
        max_alt_text_length: maxAltTextLength,
        max_tagged_users: maxTaggedUsers,
      },
      filters: [...filterNames],
      tiers: config.RATE_LIMITS ?? { anonymous: null, free: null, pro: null, enterprise: null },
    };
  },
});
