/**
 * Examples of whole bodies, put together from those of their fields. What a field is called says what it holds, so a
 * field that is found in many schemas has its example here once; a schema's own goes before.
 */
import type { JsonSchema } from './json-schema.ts';

const key = '01j8z3k4m5n6p7q8r9s0t1v2w3';
const cdn = 'https://cdn.example.org';
const earlier = '2024-01-20T14:00:00.000Z';
const later = '2024-01-21T15:30:00.000Z';

const byName: Record<string, unknown> = {
  user_id: `user_${key}`,
  actor_id: `user_${key}`,
  resolved_by: `user_${key}`,
  post_id: `post_${key}`,
  target_id: `post_${key}`,
  comment_id: `comment_${key}`,
  parent_id: `comment_${key}`,
  story_id: `story_${key}`,
  highlight_id: `highlight_${key}`,
  location_id: `loc_${key}`,
  notification_id: `notification_${key}`,
  group_id: `group_${key}`,
  report_id: `report_${key}`,
  entry_id: `audit_${key}`,
  session_id: `session_${key}`,
  passkey_id: `passkey_${key}`,
  export_id: `export_${key}`,
  request_id: `req_${key}`,

  username: 'photographer',
  full_name: 'John Doe',
  bio: 'Photography enthusiast',
  website: 'https://example.org/',
  caption: 'Beautiful sunset! #sunset #photography',
  text: 'Wonderful, @photographer!',
  title: 'Summer',
  name: 'sunset',
  comment: 'The same picture many times a day',
  note: 'Seen before',

  profile_pic_url: `${cdn}/avatars/user_${key}/320.jpg?v=a`,
  thumbnail: `${cdn}/p/${key}/thumb.jpg`,
  medium: `${cdn}/p/${key}/medium.jpg`,
  large: `${cdn}/p/${key}/large.jpg`,
  media_url: `${cdn}/stories/${key}/full.jpg`,
  thumbnail_url: `${cdn}/stories/${key}/thumb.jpg`,
  blurhash: 'LEHV6nWB2yk8pyo0adR*.7kCMdnj',
  alt_text: 'The sun setting over a pier',
  width: 1_080,
  height: 1_350,
  aspect_ratio: 0.8,

  next_cursor: 'WyJmZWVkIiwxNzA1NzY0NjAwXQ',
  expires_at: later,
  version: 1,
  attempts: 1,
  percent: 100,
  like_count: 1_542,
  comment_count: 89,
  latitude: 34.0195,
  longitude: -118.4912,
  message: 'You follow its author',
  ticket: 'q0mNKGSgxwJxVZ0ZkZlZb1ZlZb2ZlZb3ZlZb4ZlZb5Y',
  expires_in: 30,
  size_bytes: 20_971_520,
  url: `https://api.example.org/exports/${key}.zip?e=1705851000&s=q0mNKGSgxwJxVZ0ZkZlZbw`,
  openapi: '3.1.1',

  max_image_bytes: 10_485_760,
  max_image_pixels: 100_000_000,
  min_aspect_ratio: 0.1,
  max_aspect_ratio: 10,
  max_images_per_post: 10,
  max_caption_length: 2_200,
  max_alt_text_length: 1_000,
  max_tagged_users: 20,
  anonymous: 60,
  free: 60,
  pro: 1_000,
  enterprise: 10_000,
};

/** An example by a field's name, or undefined. */
export function exampleNamed(name: string): unknown {
  return byName[name];
}

/** Deep enough for every schema there is; one that contains itself comes to an end. */
const maxDepth = 24;

/**
 * An example of what the schema describes, all optional fields in it.
 *
 * @param components the schemas that references lead to
 * @param name of the field it is for
 */
export function exampleOf(
  schema: JsonSchema,
  components: Record<string, JsonSchema>,
  name?: string,
  depth = 0,
): unknown {
  if (depth > maxDepth) return null;
  const inner = (each: unknown, field = name) => exampleOf(each as JsonSchema, components, field, depth + 1);
  const { $ref, examples, anyOf, oneOf, allOf, properties, items } = schema as {
    $ref?: string;
    examples?: unknown[];
    anyOf?: unknown[];
    oneOf?: unknown[];
    allOf?: unknown[];
    properties?: Record<string, unknown>;
    items?: unknown;
  };
  if (examples?.length) return examples[0];
  if ($ref !== undefined) return inner(components[$ref.slice($ref.lastIndexOf('/') + 1)]);
  for (const fixed of ['const', 'default'] as const) if (schema[fixed] !== undefined) return schema[fixed];
  if (Array.isArray(schema.enum)) return schema.enum[0];
  // What may be null has its other form first.
  const first = anyOf?.[0] ?? oneOf?.[0];
  if (first) return inner(first);
  if (allOf) return Object.assign({}, ...allOf.map((each) => inner(each)));
  if (properties) {
    const entries = Object.entries(properties).map(([field, each]) => [field, inner(each, field)]);
    return Object.fromEntries(entries);
  }
  const [type] = [schema.type].flat() as (string | undefined)[];
  if (type === 'array') return items === undefined ? [] : [inner(items)];
  if (name !== undefined && fits(byName[name], type)) return byName[name];
  return plainExample(type, schema);
}

function fits(example: unknown, type: string | undefined): boolean {
  if (example === undefined) return false;
  return typeof example === (type === 'integer' || type === 'number' ? 'number' : type);
}

function plainExample(type: string | undefined, { format, minimum }: JsonSchema): unknown {
  switch (type) {
    case 'string':
      return format === 'date-time' ? earlier : 'text';
    case 'integer':
    case 'number':
      return minimum ?? 0;
    case 'boolean':
      return false;
    default:
      return {};
  }
}
