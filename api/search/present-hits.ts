/** What was found, as the API shows it to one viewer. */
import { sql } from 'kysely';
import { z } from 'zod';
import { presentPosts } from '../../shared/posts/present.ts';
import { postSchema } from '../../shared/posts/schema.ts';
import type { SearchHit, SearchType } from '../../shared/search/index.ts';
import type { Tools } from '../../shared/tools.ts';
import { cardOf } from '../../shared/users/cards.ts';
import { userCardSchema } from '../../shared/users/schema.ts';

const foundUserSchema = userCardSchema
  .extend({ full_name: z.string().nullable() })
  .meta({ id: 'FoundUser', description: 'A user in brief, with their full name.' });

const foundHashtagSchema = z
  .object({ name: z.string().describe('Without `#`.'), post_count: z.int() })
  .meta({ id: 'Hashtag', examples: [{ name: 'sunset', post_count: 125_000_000 }] });

export const searchResultSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('hashtag'), hashtag: foundHashtagSchema }),
    z.object({ type: z.literal('user'), user: foundUserSchema }),
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
  const [user, hashtag, post] = await Promise.all([
    presentUsers(tools, idsOf('user')),
    presentHashtags(tools, idsOf('hashtag')),
    presentFoundPosts(tools, viewer, idsOf('post')),
  ]);
  const shown = { user, hashtag, post };
  return hits.map((hit) => ({ hit, result: shown[hit.type].get(hit.id) }));
}

type Shown = Map<string, SearchResult>;

async function presentUsers({ db, config }: Tools, userIds: string[]): Promise<Shown> {
  if (userIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('users')
    .select(['user_id', 'username', 'full_name', 'profile_pic_url', 'is_verified'])
    .where('user_id', 'in', userIds)
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
  const { rows } = await sql<{ name: string; post_count: number }>`
    SELECT name, post_count + COALESCE((SELECT sum(delta) FROM count_deltas
      WHERE counter = 'hashtag.posts' AND target_id = hashtags.id), 0)::int AS post_count
    FROM hashtags WHERE name = ANY(${names})`.execute(db);
  const used = rows.filter((hashtag) => hashtag.post_count > 0);
  return new Map(used.map((hashtag) => [hashtag.name, { type: 'hashtag', hashtag }]));
}

async function presentFoundPosts(tools: Tools, viewer: Viewer, postIds: string[]): Promise<Shown> {
  if (postIds.length === 0) return new Map();
  const posts = await presentPosts(tools, viewer, postIds);
  // An author may see their archived posts, but not here.
  const current = posts.filter((post) => !post.is_archived);
  return new Map(current.map((post) => [post.post_id, { type: 'post', post }]));
}
