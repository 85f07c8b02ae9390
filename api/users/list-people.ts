/** Lists of people: followers, followed, requests, blocked, muted, who likes a post; the newest tie first. */
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Tools } from '../../shared/tools.ts';
import { mayKnow } from '../../shared/users/audience.ts';
import { type CardRow, cardOf, type UserCard } from '../../shared/users/cards.ts';
import { userCardSchema } from '../../shared/users/schema.ts';
import { decodeCursor, type pageQuery } from '../cursor.ts';
import { cutPage, pageFields } from '../page.ts';

export const peopleSchema = z.object({ users: z.array(userCardSchema), ...pageFields });

const listedUserSchema = userCardSchema
  .extend({ is_following: z.boolean().describe('The caller follows that user.') })
  .meta({ id: 'ListedUser', description: 'A user in a list of followers, followed, or likes.' });

export const followsSchema = z.object({ users: z.array(listedUserSchema), ...pageFields });

type PageQuery = z.output<typeof pageQuery>;
type Page<User> = { users: User[]; next_cursor: string | null; has_more: boolean };

/** What people have to do with somebody or a post: a table, its column of that and its column of the people. */
const ties = {
  followers: { table: 'follows', of: 'following_id', who: 'follower_id' },
  following: { table: 'follows', of: 'follower_id', who: 'following_id' },
  'follow-requests': { table: 'follow_requests', of: 'requested_id', who: 'requester_id' },
  blocked: { table: 'blocks', of: 'blocker_id', who: 'blocked_id' },
  muted: { table: 'mutes', of: 'muter_id', who: 'muted_id' },
  likes: { table: 'likes', of: 'post_id', who: 'user_id' },
} as const;

/** The id of a tie: it rises, and never changes. */
const cursorValues = z.tuple([z.int().positive()]);

/**
 * One page of the people tied to somebody or a post.
 *
 * @param ofId internal id of that
 * @param isListed who of them is shown, of the row of `users` called `u`
 */
export async function listPeople(
  { db, config }: Tools,
  kind: keyof typeof ties,
  ofId: number,
  query: PageQuery,
  isListed: RawBuilder<boolean>,
): Promise<Page<UserCard>> {
  const { table, of, who } = ties[kind];
  const before = query.cursor ? decodeCursor(kind, cursorValues, query.cursor)[0] : Number.MAX_SAFE_INTEGER;
  const { rows } = await sql<CardRow & { tie_id: number }>`
    SELECT t.id AS tie_id, u.user_id, u.username, u.profile_pic_url, u.is_verified
    FROM ${sql.table(table)} t JOIN users u ON u.id = ${sql.ref(`t.${who}`)}
    WHERE ${sql.ref(`t.${of}`)} = ${ofId} AND t.id < ${before} AND ${isListed}
    ORDER BY t.id DESC LIMIT ${query.limit + 1}`.execute(db);
  const { rows: page, ...rest } = cutPage(rows, query.limit, kind, (row) => [row.tie_id]);
  return { users: page.map((row) => cardOf(config.CDN_BASE_URL, row)), ...rest };
}

/** One page of a user's followers or followed, or of who likes a post, as far as the viewer may know of them. */
export async function listFollows(
  tools: Tools,
  viewer: { id: number; userId: string },
  kind: 'followers' | 'following' | 'likes',
  ofId: number,
  query: PageQuery,
): Promise<Page<z.output<typeof listedUserSchema>>> {
  const page = await listPeople(tools, kind, ofId, query, mayKnow(viewer.id, 'u'));
  const followed = await tools.graph.followed(
    viewer.userId,
    page.users.map((user) => user.user_id),
  );
  return {
    ...page,
    users: page.users.map((user) => ({ ...user, is_following: followed.has(user.user_id) })),
  };
}
