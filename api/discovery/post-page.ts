/** Pages of posts that have something in common, newest first, as one viewer may see them. */
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { presentPosts } from '../../shared/posts/present.ts';
import { postSchema } from '../../shared/posts/schema.ts';
import type { Tools } from '../../shared/tools.ts';
import { maySee } from '../../shared/users/audience.ts';
import { decodeCursor } from '../cursor.ts';
import { cutPage, pageFields } from '../page.ts';
import type { Viewer } from '../route.ts';

export const postPageSchema = z.object({ posts: z.array(postSchema), ...pageFields });

/** Internal ids rise with time and never change, so nothing repeats or is skipped while others post. */
const cursorValues = z.tuple([z.int().positive()]);

/**
 * One page of the posts a condition chooses, archived ones left out.
 *
 * @param kind names the list in its cursors
 * @param chosen a condition on the row `p` of `posts`
 * @throws {Failure} INVALID_INPUT on `cursor`.
 */
export async function postPage(
  tools: Tools,
  viewer: Viewer,
  kind: string,
  query: { cursor?: string | undefined; limit: number },
  chosen: RawBuilder<unknown>,
): Promise<z.output<typeof postPageSchema>> {
  const [before] = query.cursor ? decodeCursor(kind, cursorValues, query.cursor) : [Number.MAX_SAFE_INTEGER];
  const { rows } = await sql<{ id: number; post_id: string }>`
    SELECT p.id, p.post_id FROM posts p JOIN users u ON u.id = p.user_id
    WHERE ${chosen} AND p.id < ${before} AND NOT p.is_archived AND ${maySee(viewer.id, 'u')}
    ORDER BY p.id DESC LIMIT ${query.limit + 1}`.execute(tools.db);
  const { rows: page, ...rest } = cutPage(rows, query.limit, kind, (row) => [row.id]);
  const posts = await presentPosts(
    tools,
    viewer,
    page.map((row) => row.post_id),
  );
  return { posts, ...rest };
}
