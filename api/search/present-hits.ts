/** What was found, as the API shows it to one viewer. */
import { z } from 'zod';
import { hashtagSchema, hashtagsNamed } from '../../shared/hashtag-counts.ts';
import { placeSchema, placesOf } from '../../shared/locations.ts';
import { presentPosts } from '../../shared/posts/present.ts';
import { postSchema } from '../../shared/posts/schema.ts';
import type { SearchHit, SearchType } from '../../shared/search/index.ts';
import type { Tools } from '../../shared/tools.ts';
import { mayKnow } from '../../shared/users/audience.ts';
import { cardOf } from '../../shared/users/cards.ts';
import { userCardSchema } from '../../shared/users/schema.ts';

const foundUserSchema = userCardSchema
  .extend({ full_name: z.string().nullable() })
  .meta({ id: 'FoundUser', description: 'A user in brief, with their full name.' });

export const searchResultSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('hashtag'), hashtag: hashtagSchema }),
    z.object({ type: z.literal('user'), user: foundUserSchema }),
    z.object({ type: z.literal('location'), location: placeSchema }),
    z.object({ type: z.literal('post'), post: postSchema }),
  ])
  .meta({
    id: 'SearchResult',
    description: 'Something that was found: `type` names the field that holds it.',
  });

export type SearchResult = z.output<typeof searchResultSchema>;

type Viewer = { id: number; userId: string };

/**
 * The hits in their order, each with what is shown of it: `undefined` if it no longer exists or the viewer may
 * not see it. The index lags behind, so all of it is read from Postgres.
 */
export async function presentHits(
  tools: Tools,
  viewer: Viewer,
  hits: SearchHit[],
): Promise<{ hit: SearchHit; result: SearchResult | undefined }[]> {
  const idsOf = (type: SearchType) => hits.filter((hit) => hit.type === type).map((hit) => hit.id);
  const [user, hashtag, location, post] = await Promise.all([
    presentUsers(tools, viewer, idsOf('user')),
    presentHashtags(tools, idsOf('hashtag')),
    presentPlaces(tools, idsOf('location')),
    presentFoundPosts(tools, viewer, idsOf('post')),
  ]);
  const shown = { user, hashtag, location, post };
  return hits.map((hit) => ({ hit, result: shown[hit.type].get(hit.id) }));
}

type Shown = Map<string, SearchResult>;

async function presentUsers({ db, config }: Tools, viewer: Viewer, userIds: string[]): Promise<Shown> {
  if (userIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('users')
    .select(['user_id', 'username', 'full_name', 'profile_pic_url', 'is_verified'])
    .where('user_id', 'in', userIds)
    .where(mayKnow(viewer.id, 'users'))
    .execute();
  return new Map(
    rows.map((row) => [
      row.user_id,
      { type: 'user', user: { ...cardOf(config.CDN_BASE_URL, row), full_name: row.full_name } },
    ]),
  );
}

async function presentHashtags({ db }: Tools, names: string[]): Promise<Shown> {
  if (names.length === 0) return new Map();
  const hashtags = await hashtagsNamed(db, names);
  return new Map(hashtags.map(({ id: _, ...hashtag }) => [hashtag.name, { type: 'hashtag', hashtag }]));
}

async function presentPlaces({ db }: Tools, locationIds: string[]): Promise<Shown> {
  if (locationIds.length === 0) return new Map();
  const places = await placesOf(db, locationIds);
  return new Map(
    places.map(({ id: _, ...location }) => [location.location_id, { type: 'location', location }]),
  );
}

async function presentFoundPosts(tools: Tools, viewer: Viewer, postIds: string[]): Promise<Shown> {
  if (postIds.length === 0) return new Map();
  const posts = await presentPosts(tools, viewer, postIds);
  // An author may see their archived posts, but not here.
  const current = posts.filter((post) => !post.is_archived);
  return new Map(current.map((post) => [post.post_id, { type: 'post', post }]));
}
